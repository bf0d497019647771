BEGIN TRANSACTION;
CREATE TABLE about (
	made_at DATETIME NOT NULL, paused_by VARCHAR, paused_at DATETIME, paused_why VARCHAR, 
	CONSTRAINT pk_about PRIMARY KEY (made_at)
);
INSERT INTO "about" VALUES('2026-11-29 03:09:38.517776',NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0016');
CREATE TABLE approval_requests (
	"plan" VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	user VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_approval_requests PRIMARY KEY ("plan", version, user), 
	CONSTRAINT fk_approval_requests_plan_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
CREATE TABLE approvals (
	"plan" VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	"by" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, hash VARCHAR DEFAULT '' NOT NULL, 
	CONSTRAINT pk_approvals PRIMARY KEY ("plan", version, "by"), 
	CONSTRAINT fk_approvals_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
INSERT INTO "approvals" VALUES('d78c2eb8ed02469bb9ff4201e44028c8',2,'bob','2026-11-23 12:00:00.000000','b335428b343b0ee5e8f22abb2abaa3997378072dab5e17416d033a156ecb190a');
CREATE TABLE audit_events (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	event VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	"plan" VARCHAR, 
	version INTEGER, 
	repository VARCHAR, 
	digests JSON NOT NULL, detail_value VARCHAR, 
	CONSTRAINT pk_audit_events PRIMARY KEY (id)
);
INSERT INTO "audit_events" VALUES(1,'2026-11-23 12:00:00.000000','proposed','ann','','d78c2eb8ed02469bb9ff4201e44028c8',NULL,NULL,'[]','["sentence","ann did it",null]');
INSERT INTO "audit_events" VALUES(2,'2026-11-23 12:00:00.000000','proposed','ann','','d78c2eb8ed02469bb9ff4201e44028c8',NULL,NULL,'[]','["sentence","ann did it",null]');
INSERT INTO "audit_events" VALUES(3,'2026-11-23 12:00:00.000000','approved','bob','','d78c2eb8ed02469bb9ff4201e44028c8',NULL,NULL,'[]','["sentence","bob did it",null]');
INSERT INTO "audit_events" VALUES(4,'2026-11-23 12:00:00.000000','proposed','ann','','ab0325bc93b1403db3b11d26d09028fd',NULL,NULL,'[]','["sentence","ann did it",null]');
INSERT INTO "audit_events" VALUES(5,'2026-11-23 12:00:00.000000','started','ann','','ab0325bc93b1403db3b11d26d09028fd',NULL,NULL,'[]','["sentence","ann did it",null]');
INSERT INTO "audit_events" VALUES(6,'2026-11-23 12:00:00.000000','deleted','ann','','ab0325bc93b1403db3b11d26d09028fd',NULL,NULL,'["sha256:old"]','["sentence","ann did it",null]');
INSERT INTO "audit_events" VALUES(7,'2026-11-23 12:00:00.000000','pinned','ann','',NULL,NULL,NULL,'[]','["sentence","ann did it",null]');
CREATE TABLE deliveries (
	id VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE digests (
	id VARCHAR NOT NULL, 
	entry VARCHAR NOT NULL, 
	local VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	made_at DATETIME NOT NULL, 
	ts VARCHAR, 
	shown VARCHAR, 
	shown_at DATETIME, 
	has_list BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_digests PRIMARY KEY (id)
);
CREATE TABLE "due_reports" (
	repository VARCHAR NOT NULL, 
	local VARCHAR NOT NULL, 
	entry VARCHAR NOT NULL, 
	min_saving DOUBLE NOT NULL, 
	claimed_at DATETIME NOT NULL, 
	outcome VARCHAR, 
	usd DOUBLE DEFAULT '0' NOT NULL, 
	detail VARCHAR DEFAULT ('') NOT NULL, 
	line VARCHAR, 
	error_value VARCHAR, 
	"plan" VARCHAR, 
	settled_at DATETIME, 
	PRIMARY KEY (repository, local), 
	CONSTRAINT fk_due_reports_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
CREATE TABLE due_rounds (
	entry VARCHAR NOT NULL, 
	local VARCHAR NOT NULL, 
	registry_name VARCHAR NOT NULL, 
	begun_at DATETIME NOT NULL, 
	listed_at DATETIME, 
	failure VARCHAR, 
	line VARCHAR, 
	PRIMARY KEY (entry, local, registry_name)
);
CREATE TABLE homes (
	user VARCHAR NOT NULL, 
	opened_at DATETIME NOT NULL, 
	shown_at DATETIME, 
	shown_event BIGINT, 
	PRIMARY KEY (user)
);
CREATE TABLE jobs (
	id INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	payload JSON NOT NULL, 
	made_at DATETIME NOT NULL, 
	not_before DATETIME NOT NULL, 
	attempts INTEGER NOT NULL, 
	worker VARCHAR, 
	leased_until DATETIME, 
	CONSTRAINT pk_jobs PRIMARY KEY (id)
);
CREATE TABLE kept_manifests (
	repository VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	tags JSON NOT NULL, 
	media_type VARCHAR, 
	text BLOB NOT NULL, 
	"plan" VARCHAR NOT NULL, 
	kept_at DATETIME NOT NULL, 
	CONSTRAINT pk_kept_manifests PRIMARY KEY (repository, digest), 
	CONSTRAINT fk_kept_manifests_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
CREATE TABLE messages (
	channel VARCHAR NOT NULL, 
	ts VARCHAR NOT NULL, 
	thread VARCHAR, 
	"plan" VARCHAR NOT NULL, shown_revision INTEGER, shown_at DATETIME, listed_version INTEGER, updates INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (channel, ts), 
	CONSTRAINT fk_messages_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
CREATE TABLE our_reads (
	repository VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	pulled_before DATETIME, recorded_from DATETIME, recorded_until DATETIME, 
	CONSTRAINT pk_our_reads PRIMARY KEY (repository, digest, at)
);
CREATE TABLE past_tag_bindings (
	repository VARCHAR NOT NULL, 
	tag VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	gone_by DATETIME NOT NULL, 
	came_after DATETIME, 
	came_by DATETIME, 
	CONSTRAINT pk_past_tag_bindings PRIMARY KEY (repository, tag, digest), 
	CONSTRAINT fk_past_tag_bindings_tag_scans FOREIGN KEY(repository) REFERENCES tag_scans (repository)
);
CREATE TABLE pause_announcements (
	channel VARCHAR NOT NULL, 
	paused_at DATETIME NOT NULL, 
	CONSTRAINT pk_pause_announcements PRIMARY KEY (channel)
);
CREATE TABLE pin_removals (
	repository VARCHAR NOT NULL, 
	pin VARCHAR NOT NULL, 
	made_at DATETIME NOT NULL, 
	removed_by VARCHAR NOT NULL, 
	removed_at DATETIME NOT NULL, 
	pinned_by VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	until DATETIME, 
	CONSTRAINT pk_pin_removals PRIMARY KEY (repository, pin, made_at, removed_by)
);
CREATE TABLE pins (
	repository VARCHAR NOT NULL, 
	pin VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	until DATETIME, 
	made_at DATETIME NOT NULL, warned_at DATETIME, 
	CONSTRAINT pk_pins PRIMARY KEY (repository, pin)
);
INSERT INTO "pins" VALUES('123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api','1.0','tag','ann','why not','2026-12-23 12:00:00.000000','2026-11-23 12:00:00.000000',NULL);
INSERT INTO "pins" VALUES('123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api','2.*','glob','ann','why not',NULL,'2026-11-23 12:00:00.000000',NULL);
CREATE TABLE plan_items (
	"plan" VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	tags JSON NOT NULL, 
	outcome VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, is_unconfirmed BOOLEAN DEFAULT 0 NOT NULL, reason_value VARCHAR, 
	CONSTRAINT pk_plan_items PRIMARY KEY ("plan", version, position), 
	CONSTRAINT fk_plan_items_plan_versions FOREIGN KEY("plan", version) REFERENCES plan_versions ("plan", version)
);
INSERT INTO "plan_items" VALUES('d78c2eb8ed02469bb9ff4201e44028c8',2,0,'sha256:old','["old"]','pending','',0,NULL);
INSERT INTO "plan_items" VALUES('ab0325bc93b1403db3b11d26d09028fd',1,0,'sha256:old','["old"]','deleted','',0,'["nothing_keeps",[],null,true,null,false]');
INSERT INTO "plan_items" VALUES('ab0325bc93b1403db3b11d26d09028fd',1,1,'sha256:older','["older"]','pending','',0,NULL);
CREATE TABLE plan_selections (
	id VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	user VARCHAR NOT NULL, 
	made_at DATETIME NOT NULL, 
	submitted_at DATETIME, 
	CONSTRAINT pk_plan_selections PRIMARY KEY (id), 
	CONSTRAINT fk_plan_selections_digests FOREIGN KEY(digest) REFERENCES digests (id)
);
CREATE TABLE plan_versions (
	"plan" VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	hash VARCHAR NOT NULL, 
	content BLOB NOT NULL, 
	made_at DATETIME NOT NULL, difference BLOB, 
	CONSTRAINT pk_plan_versions PRIMARY KEY ("plan", version), 
	CONSTRAINT fk_plan_versions_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
INSERT INTO "plan_versions" VALUES('d78c2eb8ed02469bb9ff4201e44028c8',1,'4c8838550efa566581dbb8c86855c8aba15d2985dc29f9ff21f674d1f3322196',X'','2026-11-23 12:00:00.000000',X'789C8B8E562ACE48343235B3CACF49492D528AD5898E8D050049C206C2');
INSERT INTO "plan_versions" VALUES('d78c2eb8ed02469bb9ff4201e44028c8',2,'b335428b343b0ee5e8f22abb2abaa3997378072dab5e17416d033a156ecb190a',X'785E5D52CB8EDB300CFC175E2B3BB612E7E15B51F4B0F7C51E6A04862233891A5932F4D86D1AE4DF4BC9D92E10403685E1901C92EA38BB81C393F2C15DA1BD8190D24613A0859A2F57CD7AB3DD5535079649D6108EB1F8401F8A1AEE0C8C1891B080625C8849112F3AF5145C0E1757A2A4EF33B214A3F86B8DF8F0A5B4E3E27FF49D751DF8B3E0CDBAB57A00D641327B66A2D60CD4284E08EC28B44706BCE2EBA2DA16BC79AD795B55747EC1CCACAB8AC1F71FAF2F6F3F49919826ADA408247FF16E86D24A55E65454DC1CD5A97CAFBFFDF6D41BEB1E95C876D5E31E5CA462036A0C543BA74F3EA2CC3A32927E7B023B30369C9539F517C4C97F65CC593235DD66EA57A38516577490742717A5BFC1D1210EFDE11AD0439B1BD2B4A42728FAA19FD0F5A335E10CEDAE5CD64BCE9BCD6A5D37ABCDB6C162C700FF08490B9D1BF1C1BAA724CAF4D1E367A98A96401A0025C9072DC6C320E872890774866690509A68EFA23149331C449067B29E263A8A4BC6A41DF010555A211C95A6A03CB1F9DCC89D9F589DB58D53F2B78F55DFF7FF0022A9D414','2026-11-23 12:00:00.000000',NULL);
INSERT INTO "plan_versions" VALUES('ab0325bc93b1403db3b11d26d09028fd',1,'da104d8ec256d234f68044b3ddd26a328271af7b0dd44b52d82dfde9cfacf0a9',X'785EC5533B8FDB300CFE2F5C2B3BB62EF625DE8AA243F743871A8121CB4CE246960C3D2E4D83FCF75272AE77C8D6A9802C127C881FC9CF2D6757B078189DB71768AE20A434417B68A0E44FEBAA7EDE6C8B92034B4146931D437646E7B3126E0CB498906C1EC5B43A634F71C18E0FC9F970B2394AFADE32733189DF468BB3CBA599567FB36FAC6DC11D05AFEAC6A801580B51EC980E4A3118277140607BA11C32E005AFB36293F1EAA5E44D51D0F9014B6459140C3E7F79F9F6FD2B2112F3AC46293CC15FBDEA213772CCD353545CEFC743FE5A7EFAE9A837D6DE2B916C8BBBEE6DA062032AF4543B3D1F7D14B2E048967891ED0376B477F4A4FC17FCE53FE3A7065AD0C61F477DE84E88B37B9F489A426A356ABB14FABEA84C894B6C98E6FE38858FAE385546B8AEB0B78843D75F3C3A6878DC9622063E98821BBA196D3719ED8FD094F9A6E6F5BA2AD75BFE546CAB67CC360CF09790C4D6654BCE1BFBF0C8A8BBE0F0AD54410C8B0851526FA0C4D40F829453E8D16A5A70B4125D3A1BB48E0D412FBC3C92744497499C924D9A01FB30467EC27E549494E8B09C2BB9D3FFC313B6698EFE66E1318B77E4C36DF70702061CD2','2026-11-23 12:00:00.000000',NULL);
CREATE TABLE plans (
	id VARCHAR NOT NULL, 
	repository VARCHAR NOT NULL, 
	account VARCHAR NOT NULL, 
	region VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	state VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	complete BOOLEAN NOT NULL, 
	checked BOOLEAN NOT NULL, 
	manifests INTEGER NOT NULL, 
	deletions INTEGER NOT NULL, 
	freed_bytes BIGINT NOT NULL, 
	proposed_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	execute_after DATETIME, 
	revision INTEGER NOT NULL, stop_asked_by VARCHAR, told_version INTEGER, exact BOOLEAN DEFAULT 1 NOT NULL, unconfirmed_bytes BIGINT DEFAULT '0' NOT NULL, stop_cause_value VARCHAR, reminded_version INTEGER, images INTEGER, images_to_delete INTEGER, recent_pulls INTEGER, images_forgotten INTEGER, 
	CONSTRAINT pk_plans PRIMARY KEY (id)
);
INSERT INTO "plans" VALUES('d78c2eb8ed02469bb9ff4201e44028c8','123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api','123456789012','eu-west-1','team/api',2,'approved','b335428b343b0ee5e8f22abb2abaa3997378072dab5e17416d033a156ecb190a',1,1,5,2,1099511627776,'2026-11-23 12:00:00.000000','2026-11-30 12:00:00.000000',NULL,2,NULL,NULL,1,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "plans" VALUES('ab0325bc93b1403db3b11d26d09028fd','123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web','123456789012','eu-west-1','team/web',1,'executing','da104d8ec256d234f68044b3ddd26a328271af7b0dd44b52d82dfde9cfacf0a9',1,1,5,2,1099511627776,'2026-11-23 12:00:00.000000','2026-11-30 12:00:00.000000',NULL,1,NULL,NULL,1,0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE price_list (
	region VARCHAR NOT NULL, 
	usd_per_gb_month DOUBLE, 
	read_at DATETIME, 
	asked_at DATETIME NOT NULL, 
	problem VARCHAR, 
	CONSTRAINT pk_price_list PRIMARY KEY (region)
);
CREATE TABLE refused_blocks (
	workspace VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	refused_at DATETIME NOT NULL, 
	CONSTRAINT pk_refused_blocks PRIMARY KEY (workspace, kind)
);
CREATE TABLE repositories (
	repository VARCHAR NOT NULL, 
	account VARCHAR NOT NULL, 
	region VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	listed_at DATETIME NOT NULL, 
	"plan" VARCHAR, 
	looked_at DATETIME, 
	stored_bytes BIGINT, 
	PRIMARY KEY (repository), 
	FOREIGN KEY("plan") REFERENCES plans (id)
);
CREATE TABLE run_batches (
	"plan" VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	digests JSON NOT NULL, 
	attempt INTEGER NOT NULL, 
	journalled_at DATETIME NOT NULL, 
	answered_at DATETIME, sent_at DATETIME, 
	CONSTRAINT pk_run_batches PRIMARY KEY ("plan", number), 
	CONSTRAINT fk_run_batches_runs FOREIGN KEY("plan") REFERENCES runs ("plan")
);
CREATE TABLE runs (
	"plan" VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	host VARCHAR NOT NULL, 
	machine VARCHAR, 
	pid INTEGER NOT NULL, 
	started BIGINT NOT NULL, 
	begun_at DATETIME NOT NULL, 
	leased_until DATETIME NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY ("plan"), 
	CONSTRAINT fk_runs_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
INSERT INTO "runs" VALUES('ab0325bc93b1403db3b11d26d09028fd',1,1,'ann''s machine','boot-1',4711,1099511627776,'2026-11-23 12:00:00.000000','2026-11-23 12:01:00.000000');
CREATE TABLE selected_plans (
	selection VARCHAR NOT NULL, 
	"plan" VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	is_approved BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_selected_plans PRIMARY KEY (selection, "plan"), 
	CONSTRAINT fk_selected_plans_plan_selections FOREIGN KEY(selection) REFERENCES plan_selections (id), 
	CONSTRAINT fk_selected_plans_plans FOREIGN KEY("plan") REFERENCES plans (id)
);
CREATE TABLE storage_history (
	repository VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	at DATETIME NOT NULL, 
	is_measured BOOLEAN NOT NULL, 
	manifests INTEGER NOT NULL, 
	stored_bytes BIGINT, 
	in_use_bytes BIGINT, 
	freeable_bytes BIGINT, 
	policy_growth BIGINT, 
	CONSTRAINT pk_storage_history PRIMARY KEY (repository, day)
);
CREATE TABLE subjects_seen (
	repository VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	CONSTRAINT pk_subjects_seen PRIMARY KEY (repository, digest)
);
CREATE TABLE tag_bindings (
	repository VARCHAR NOT NULL, 
	tag VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	since DATETIME, came_after DATETIME, came_by DATETIME, pushed_at DATETIME, size_bytes BIGINT, 
	CONSTRAINT pk_tag_bindings PRIMARY KEY (repository, tag), 
	CONSTRAINT fk_tag_bindings_tag_scans FOREIGN KEY(repository) REFERENCES tag_scans (repository)
);
CREATE TABLE tag_losses (
	repository VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_tag_losses PRIMARY KEY (repository, digest), 
	CONSTRAINT fk_tag_losses_tag_scans FOREIGN KEY(repository) REFERENCES tag_scans (repository)
);
CREATE TABLE tag_scans (
	repository VARCHAR NOT NULL, 
	at DATETIME NOT NULL, known_since DATETIME, 
	CONSTRAINT pk_tag_scans PRIMARY KEY (repository)
);
CREATE TABLE usage_confirmations (
	source VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	"by" VARCHAR NOT NULL, 
	workloads INTEGER NOT NULL, 
	listed_at DATETIME NOT NULL, 
	before_workloads INTEGER NOT NULL, 
	before_at DATETIME NOT NULL, 
	CONSTRAINT pk_usage_confirmations PRIMARY KEY (source, scope, at)
);
CREATE TABLE usage_listed (
	source VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	is_believed BOOLEAN NOT NULL, 
	workloads INTEGER NOT NULL, 
	at DATETIME NOT NULL, before_workloads INTEGER, before_at DATETIME, 
	CONSTRAINT pk_usage_listed PRIMARY KEY (source, scope, is_believed)
);
CREATE UNIQUE INDEX one_open_plan_per_repository ON plans (repository) WHERE state IN ('approved', 'executing', 'proposed');
CREATE INDEX ix_plans_proposed_at ON plans (proposed_at);
CREATE INDEX ix_audit_events_at_id ON audit_events (at, id);
CREATE TRIGGER audit_events_refuse_delete BEFORE DELETE ON audit_events BEGIN SELECT RAISE(ABORT, 'audit events stay as they are'); END;
CREATE TRIGGER audit_events_refuse_replace BEFORE INSERT ON audit_events WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'audit events stay as they are'); END;
CREATE INDEX ix_messages_plan ON messages ("plan");
CREATE INDEX ix_jobs_not_before ON jobs (not_before);
CREATE UNIQUE INDEX ix_plan_items_plan_version_digest ON plan_items ("plan", version, digest);
CREATE INDEX ix_audit_events_plan ON audit_events ("plan");
CREATE INDEX ix_deliveries_at ON deliveries (at);
CREATE INDEX ix_repositories_name ON repositories (name);
CREATE INDEX ix_plans_repository ON plans (repository);
CREATE INDEX ix_due_rounds_begun_at ON due_rounds (begun_at);
CREATE INDEX ix_plans_state ON plans (state);
CREATE INDEX ix_pins_until ON pins (until);
CREATE TRIGGER audit_events_refuse_update BEFORE UPDATE ON audit_events BEGIN SELECT RAISE(ABORT, 'audit events stay as they are'); END;
CREATE INDEX ix_due_reports_line ON due_reports (line);
CREATE INDEX ix_due_reports_claimed_at ON due_reports (claimed_at);
CREATE UNIQUE INDEX ix_digests_entry_local ON digests (entry, local);
CREATE INDEX ix_digests_channel ON digests (channel);
COMMIT;
