CREATE TABLE "sweep" (
	"id" text PRIMARY KEY NOT NULL,
	"notebook_id" text NOT NULL,
	"workspace_id" text NOT NULL,
	"folder" text NOT NULL,
	"title" text NOT NULL,
	"points" integer NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"over" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "notebook_version" (
	"id" text PRIMARY KEY NOT NULL,
	"notebook_id" text NOT NULL,
	"number" integer NOT NULL,
	"label" text DEFAULT '' NOT NULL,
	"origin" jsonb NOT NULL,
	"created_by" text,
	"cells" integer NOT NULL,
	"content" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sweep" ADD CONSTRAINT "sweep_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweep" ADD CONSTRAINT "sweep_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notebook_version" ADD CONSTRAINT "notebook_version_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notebook_version" ADD CONSTRAINT "notebook_version_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sweep_notebook" ON "sweep" USING btree ("notebook_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sweep_folder" ON "sweep" USING btree ("workspace_id","folder");--> statement-breakpoint
CREATE UNIQUE INDEX "notebook_version_number" ON "notebook_version" USING btree ("notebook_id","number");