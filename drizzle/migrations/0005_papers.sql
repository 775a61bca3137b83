CREATE TABLE "collection_member" (
	"collection_id" text NOT NULL,
	"user_id" text NOT NULL,
	CONSTRAINT "collection_member_collection_id_user_id_pk" PRIMARY KEY("collection_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "collection_paper" (
	"collection_id" text NOT NULL,
	"paper_id" text NOT NULL,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "collection_paper_collection_id_paper_id_pk" PRIMARY KEY("collection_id","paper_id")
);
--> statement-breakpoint
CREATE TABLE "collection" (
	"id" text PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"title" text NOT NULL,
	"words" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "collection_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "guest_run" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"notebook_id" text NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "paper_check" (
	"id" text PRIMARY KEY NOT NULL,
	"paper_id" text NOT NULL,
	"number" integer NOT NULL,
	"workspace_id" text,
	"state" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"report" jsonb
);
--> statement-breakpoint
CREATE TABLE "paper_count" (
	"paper_id" text NOT NULL,
	"number" integer NOT NULL,
	"day" date NOT NULL,
	"kind" text NOT NULL,
	"n" integer NOT NULL,
	CONSTRAINT "paper_count_paper_id_number_day_kind_pk" PRIMARY KEY("paper_id","number","day","kind")
);
--> statement-breakpoint
CREATE TABLE "paper_file" (
	"paper_id" text NOT NULL,
	"number" integer NOT NULL,
	"path" text NOT NULL,
	"size" integer NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "paper_file_paper_id_number_path_pk" PRIMARY KEY("paper_id","number","path")
);
--> statement-breakpoint
CREATE TABLE "paper_suggestion" (
	"id" text PRIMARY KEY NOT NULL,
	"paper_id" text NOT NULL,
	"number" integer NOT NULL,
	"user_id" text,
	"words" text NOT NULL,
	"content" "bytea" NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "paper_version" (
	"paper_id" text NOT NULL,
	"number" integer NOT NULL,
	"metadata" jsonb NOT NULL,
	"content" "bytea" NOT NULL,
	"digest" text NOT NULL,
	"plot" text,
	"plot_alt" text DEFAULT '' NOT NULL,
	"environment" jsonb NOT NULL,
	"source" jsonb,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "paper_version_paper_id_number_pk" PRIMARY KEY("paper_id","number")
);
--> statement-breakpoint
CREATE TABLE "paper" (
	"id" text PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"owner_id" text NOT NULL,
	"notebook_id" text,
	"visibility" text DEFAULT 'draft' NOT NULL,
	"metadata" jsonb NOT NULL,
	"search" text NOT NULL,
	"latest" integer NOT NULL,
	"moderation" text DEFAULT 'open' NOT NULL,
	"moderation_words" text DEFAULT '' NOT NULL,
	"check_workspace_id" text,
	"check_days" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "paper_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "notebook" ADD COLUMN "origin_paper_id" text;--> statement-breakpoint
ALTER TABLE "notebook" ADD COLUMN "origin_number" integer;--> statement-breakpoint
ALTER TABLE "user" ADD COLUMN "guest_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "collection_member" ADD CONSTRAINT "collection_member_collection_id_collection_id_fk" FOREIGN KEY ("collection_id") REFERENCES "public"."collection"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collection_member" ADD CONSTRAINT "collection_member_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collection_paper" ADD CONSTRAINT "collection_paper_collection_id_collection_id_fk" FOREIGN KEY ("collection_id") REFERENCES "public"."collection"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collection_paper" ADD CONSTRAINT "collection_paper_paper_id_paper_id_fk" FOREIGN KEY ("paper_id") REFERENCES "public"."paper"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guest_run" ADD CONSTRAINT "guest_run_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guest_run" ADD CONSTRAINT "guest_run_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_check" ADD CONSTRAINT "paper_check_paper_id_paper_id_fk" FOREIGN KEY ("paper_id") REFERENCES "public"."paper"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_check" ADD CONSTRAINT "paper_check_workspace_id_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspace"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_count" ADD CONSTRAINT "paper_count_paper_id_paper_id_fk" FOREIGN KEY ("paper_id") REFERENCES "public"."paper"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_file" ADD CONSTRAINT "paper_file_hash_blob_hash_fk" FOREIGN KEY ("hash") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_file" ADD CONSTRAINT "paper_file_paper_id_number_paper_version_paper_id_number_fk" FOREIGN KEY ("paper_id","number") REFERENCES "public"."paper_version"("paper_id","number") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_suggestion" ADD CONSTRAINT "paper_suggestion_paper_id_paper_id_fk" FOREIGN KEY ("paper_id") REFERENCES "public"."paper"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_suggestion" ADD CONSTRAINT "paper_suggestion_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_version" ADD CONSTRAINT "paper_version_paper_id_paper_id_fk" FOREIGN KEY ("paper_id") REFERENCES "public"."paper"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_version" ADD CONSTRAINT "paper_version_plot_blob_hash_fk" FOREIGN KEY ("plot") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_version" ADD CONSTRAINT "paper_version_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper" ADD CONSTRAINT "paper_owner_id_user_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper" ADD CONSTRAINT "paper_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper" ADD CONSTRAINT "paper_check_workspace_id_workspace_id_fk" FOREIGN KEY ("check_workspace_id") REFERENCES "public"."workspace"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "paper_check_paper" ON "paper_check" USING btree ("paper_id","started_at");--> statement-breakpoint
CREATE INDEX "paper_suggestion_paper" ON "paper_suggestion" USING btree ("paper_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "paper_notebook" ON "paper" USING btree ("notebook_id");--> statement-breakpoint
CREATE INDEX "paper_gallery" ON "paper" USING btree ("visibility","updated_at");