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
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "paper_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "paper_version" ADD CONSTRAINT "paper_version_paper_id_paper_id_fk" FOREIGN KEY ("paper_id") REFERENCES "public"."paper"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_version" ADD CONSTRAINT "paper_version_plot_blob_hash_fk" FOREIGN KEY ("plot") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper_version" ADD CONSTRAINT "paper_version_created_by_user_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."user"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper" ADD CONSTRAINT "paper_owner_id_user_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "paper" ADD CONSTRAINT "paper_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "paper_notebook" ON "paper" USING btree ("notebook_id");--> statement-breakpoint
CREATE INDEX "paper_gallery" ON "paper" USING btree ("visibility","updated_at");