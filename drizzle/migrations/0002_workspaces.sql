CREATE TABLE "browser_key" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"algorithm" text NOT NULL,
	"public_key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "host_key" (
	"id" text PRIMARY KEY NOT NULL,
	"owner_id" text,
	"pattern" text NOT NULL,
	"key_type" text NOT NULL,
	"fingerprint" text NOT NULL,
	"key" text,
	"revoked" boolean DEFAULT false NOT NULL,
	"origin" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "notebook_file" (
	"notebook_id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"path" text NOT NULL,
	"version" text NOT NULL,
	"base" "bytea" NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "preference" (
	"user_id" text NOT NULL,
	"scope" text NOT NULL,
	"name" text NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "preference_user_id_scope_name_pk" PRIMARY KEY("user_id","scope","name")
);
--> statement-breakpoint
CREATE TABLE "terminal_share" (
	"notebook_id" text NOT NULL,
	"workspace_id" text NOT NULL,
	"terminal" text NOT NULL,
	"owner_id" text NOT NULL,
	"write" boolean NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "terminal_share_notebook_id_workspace_id_terminal_pk" PRIMARY KEY("notebook_id","workspace_id","terminal")
);
--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "jumps" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "way" text DEFAULT 'ssh' NOT NULL;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "sign_ins" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "wanted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "workspace" ADD COLUMN "setups" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "browser_key" ADD CONSTRAINT "browser_key_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_key" ADD CONSTRAINT "host_key_owner_id_user_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notebook_file" ADD CONSTRAINT "notebook_file_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "preference" ADD CONSTRAINT "preference_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terminal_share" ADD CONSTRAINT "terminal_share_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terminal_share" ADD CONSTRAINT "terminal_share_owner_id_user_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "browser_key_fingerprint" ON "browser_key" USING btree ("user_id","fingerprint");--> statement-breakpoint
CREATE INDEX "host_key_owner" ON "host_key" USING btree ("owner_id");--> statement-breakpoint
CREATE UNIQUE INDEX "notebook_file_path" ON "notebook_file" USING btree ("workspace_id","path");--> statement-breakpoint
INSERT INTO "host_key" ("id", "owner_id", "pattern", "key_type", "fingerprint", "origin")
SELECT DISTINCT ON ("owner_id", "host", "port", "host_key") "id", "owner_id",
	CASE WHEN "port" = 22 THEN "host" ELSE '[' || "host" || ']:' || "port" END, '', "host_key", 'accepted'
FROM "workspace" WHERE "host_key" IS NOT NULL;
