CREATE TABLE "setting" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stream_piece" (
	"notebook_id" text NOT NULL,
	"run" text NOT NULL,
	"stream" text NOT NULL,
	"at" bigint NOT NULL,
	"line" bigint NOT NULL,
	"chars" integer NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "stream_piece_stream_at_pk" PRIMARY KEY("stream","at")
);
--> statement-breakpoint
ALTER TABLE "notebook" ADD COLUMN "idle_minutes" integer;--> statement-breakpoint
ALTER TABLE "user" ADD COLUMN "email" text;--> statement-breakpoint
ALTER TABLE "user" ADD COLUMN "notify_after_s" integer;--> statement-breakpoint
ALTER TABLE "user" ADD COLUMN "notify_by_mail" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "stream_piece" ADD CONSTRAINT "stream_piece_notebook_id_notebook_id_fk" FOREIGN KEY ("notebook_id") REFERENCES "public"."notebook"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stream_piece_run" ON "stream_piece" USING btree ("notebook_id","run");