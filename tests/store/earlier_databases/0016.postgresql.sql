--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: audit_events_refuse(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_events_refuse() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'audit events stay as they are'; END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: about; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.about (
    made_at timestamp with time zone NOT NULL,
    paused_by character varying,
    paused_at timestamp with time zone,
    paused_why character varying
);


--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: approval_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.approval_requests (
    plan character varying NOT NULL,
    version integer NOT NULL,
    "user" character varying NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: approvals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.approvals (
    plan character varying NOT NULL,
    version integer NOT NULL,
    by character varying NOT NULL,
    at timestamp with time zone NOT NULL,
    hash character varying DEFAULT ''::character varying NOT NULL
);


--
-- Name: audit_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_events (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    event character varying NOT NULL,
    by character varying NOT NULL,
    detail character varying NOT NULL,
    plan character varying,
    version integer,
    repository character varying,
    digests json NOT NULL,
    detail_value character varying
);


--
-- Name: audit_events_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.audit_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: audit_events_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.audit_events_id_seq OWNED BY public.audit_events.id;


--
-- Name: deliveries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deliveries (
    id character varying NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: digests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.digests (
    id character varying NOT NULL,
    entry character varying NOT NULL,
    local character varying NOT NULL,
    channel character varying NOT NULL,
    made_at timestamp with time zone NOT NULL,
    ts character varying,
    shown character varying,
    shown_at timestamp with time zone,
    has_list boolean DEFAULT false NOT NULL
);


--
-- Name: due_reports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.due_reports (
    repository character varying NOT NULL,
    local character varying NOT NULL,
    entry character varying NOT NULL,
    min_saving double precision NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    outcome character varying,
    usd double precision DEFAULT '0'::double precision NOT NULL,
    detail character varying DEFAULT ''::character varying NOT NULL,
    line character varying,
    error_value character varying,
    plan character varying,
    settled_at timestamp with time zone
);


--
-- Name: due_rounds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.due_rounds (
    entry character varying NOT NULL,
    local character varying NOT NULL,
    registry_name character varying NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    listed_at timestamp with time zone,
    failure character varying,
    line character varying
);


--
-- Name: homes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.homes (
    "user" character varying NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    shown_at timestamp with time zone,
    shown_event bigint
);


--
-- Name: jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.jobs (
    id bigint NOT NULL,
    kind character varying NOT NULL,
    payload json NOT NULL,
    made_at timestamp with time zone NOT NULL,
    not_before timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    worker character varying,
    leased_until timestamp with time zone
);


--
-- Name: jobs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: jobs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.jobs_id_seq OWNED BY public.jobs.id;


--
-- Name: kept_manifests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.kept_manifests (
    repository character varying NOT NULL,
    digest character varying NOT NULL,
    tags json NOT NULL,
    media_type character varying,
    text bytea NOT NULL,
    plan character varying NOT NULL,
    kept_at timestamp with time zone NOT NULL
);


--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    channel character varying NOT NULL,
    ts character varying NOT NULL,
    thread character varying,
    plan character varying NOT NULL,
    shown_revision integer,
    shown_at timestamp with time zone,
    listed_version integer,
    updates integer DEFAULT 0 NOT NULL
);


--
-- Name: our_reads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.our_reads (
    repository character varying NOT NULL,
    digest character varying NOT NULL,
    at timestamp with time zone NOT NULL,
    pulled_before timestamp with time zone,
    recorded_from timestamp with time zone,
    recorded_until timestamp with time zone
);


--
-- Name: past_tag_bindings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.past_tag_bindings (
    repository character varying NOT NULL,
    tag character varying NOT NULL,
    digest character varying NOT NULL,
    gone_by timestamp with time zone NOT NULL,
    came_after timestamp with time zone,
    came_by timestamp with time zone
);


--
-- Name: pause_announcements; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pause_announcements (
    channel character varying NOT NULL,
    paused_at timestamp with time zone NOT NULL
);


--
-- Name: pin_removals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pin_removals (
    repository character varying NOT NULL,
    pin character varying NOT NULL,
    made_at timestamp with time zone NOT NULL,
    removed_by character varying NOT NULL,
    removed_at timestamp with time zone NOT NULL,
    pinned_by character varying NOT NULL,
    reason character varying NOT NULL,
    until timestamp with time zone
);


--
-- Name: pins; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pins (
    repository character varying NOT NULL,
    pin character varying NOT NULL,
    kind character varying NOT NULL,
    by character varying NOT NULL,
    reason character varying NOT NULL,
    until timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    warned_at timestamp with time zone
);


--
-- Name: plan_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.plan_items (
    plan character varying NOT NULL,
    version integer NOT NULL,
    "position" integer NOT NULL,
    digest character varying NOT NULL,
    tags json NOT NULL,
    outcome character varying NOT NULL,
    reason character varying NOT NULL,
    is_unconfirmed boolean DEFAULT false NOT NULL,
    reason_value character varying
);


--
-- Name: plan_selections; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.plan_selections (
    id character varying NOT NULL,
    digest character varying NOT NULL,
    "user" character varying NOT NULL,
    made_at timestamp with time zone NOT NULL,
    submitted_at timestamp with time zone
);


--
-- Name: plan_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.plan_versions (
    plan character varying NOT NULL,
    version integer NOT NULL,
    hash character varying NOT NULL,
    content bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    difference bytea
);


--
-- Name: plans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.plans (
    id character varying NOT NULL,
    repository character varying NOT NULL,
    account character varying NOT NULL,
    region character varying NOT NULL,
    name character varying NOT NULL,
    version integer NOT NULL,
    state character varying NOT NULL,
    hash character varying NOT NULL,
    complete boolean NOT NULL,
    checked boolean NOT NULL,
    manifests integer NOT NULL,
    deletions integer NOT NULL,
    freed_bytes bigint NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    execute_after timestamp with time zone,
    revision integer NOT NULL,
    stop_asked_by character varying,
    told_version integer,
    exact boolean DEFAULT true NOT NULL,
    unconfirmed_bytes bigint DEFAULT '0'::bigint NOT NULL,
    stop_cause_value character varying,
    reminded_version integer,
    images integer,
    images_to_delete integer,
    recent_pulls integer,
    images_forgotten integer
);


--
-- Name: price_list; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.price_list (
    region character varying NOT NULL,
    usd_per_gb_month double precision,
    read_at timestamp with time zone,
    asked_at timestamp with time zone NOT NULL,
    problem character varying
);


--
-- Name: refused_blocks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refused_blocks (
    workspace character varying NOT NULL,
    kind character varying NOT NULL,
    refused_at timestamp with time zone NOT NULL
);


--
-- Name: repositories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.repositories (
    repository character varying NOT NULL,
    account character varying NOT NULL,
    region character varying NOT NULL,
    name character varying NOT NULL,
    listed_at timestamp with time zone NOT NULL,
    plan character varying,
    looked_at timestamp with time zone,
    stored_bytes bigint
);


--
-- Name: run_batches; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.run_batches (
    plan character varying NOT NULL,
    number integer NOT NULL,
    digests json NOT NULL,
    attempt integer NOT NULL,
    journalled_at timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    sent_at timestamp with time zone
);


--
-- Name: runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs (
    plan character varying NOT NULL,
    version integer NOT NULL,
    attempt integer NOT NULL,
    host character varying NOT NULL,
    machine character varying,
    pid integer NOT NULL,
    started bigint NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone NOT NULL
);


--
-- Name: selected_plans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.selected_plans (
    selection character varying NOT NULL,
    plan character varying NOT NULL,
    version integer NOT NULL,
    is_approved boolean DEFAULT false NOT NULL
);


--
-- Name: storage_history; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.storage_history (
    repository character varying NOT NULL,
    day date NOT NULL,
    at timestamp with time zone NOT NULL,
    is_measured boolean NOT NULL,
    manifests integer NOT NULL,
    stored_bytes bigint,
    in_use_bytes bigint,
    freeable_bytes bigint,
    policy_growth bigint
);


--
-- Name: subjects_seen; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.subjects_seen (
    repository character varying NOT NULL,
    digest character varying NOT NULL
);


--
-- Name: tag_bindings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tag_bindings (
    repository character varying NOT NULL,
    tag character varying NOT NULL,
    digest character varying NOT NULL,
    since timestamp with time zone,
    came_after timestamp with time zone,
    came_by timestamp with time zone,
    pushed_at timestamp with time zone,
    size_bytes bigint
);


--
-- Name: tag_losses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tag_losses (
    repository character varying NOT NULL,
    digest character varying NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: tag_scans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tag_scans (
    repository character varying NOT NULL,
    at timestamp with time zone NOT NULL,
    known_since timestamp with time zone
);


--
-- Name: usage_confirmations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_confirmations (
    source character varying NOT NULL,
    scope character varying NOT NULL,
    at timestamp with time zone NOT NULL,
    by character varying NOT NULL,
    workloads integer NOT NULL,
    listed_at timestamp with time zone NOT NULL,
    before_workloads integer NOT NULL,
    before_at timestamp with time zone NOT NULL
);


--
-- Name: usage_listed; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_listed (
    source character varying NOT NULL,
    scope character varying NOT NULL,
    is_believed boolean NOT NULL,
    workloads integer NOT NULL,
    at timestamp with time zone NOT NULL,
    before_workloads integer,
    before_at timestamp with time zone
);


--
-- Name: audit_events id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_events ALTER COLUMN id SET DEFAULT nextval('public.audit_events_id_seq'::regclass);


--
-- Name: jobs id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs ALTER COLUMN id SET DEFAULT nextval('public.jobs_id_seq'::regclass);


--
-- Data for Name: about; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.about VALUES ('2026-11-29 03:09:37.930892+00', NULL, NULL, NULL);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0016');


--
-- Data for Name: approval_requests; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: approvals; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.approvals VALUES ('116844f7787e4bab90c8a46aeb31287b', 2, 'bob', '2026-11-23 12:00:00+00', 'b335428b343b0ee5e8f22abb2abaa3997378072dab5e17416d033a156ecb190a');


--
-- Data for Name: audit_events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_events VALUES (1, '2026-11-23 12:00:00+00', 'proposed', 'ann', '', '116844f7787e4bab90c8a46aeb31287b', NULL, NULL, '[]', '["sentence","ann did it",null]');
INSERT INTO public.audit_events VALUES (2, '2026-11-23 12:00:00+00', 'proposed', 'ann', '', '116844f7787e4bab90c8a46aeb31287b', NULL, NULL, '[]', '["sentence","ann did it",null]');
INSERT INTO public.audit_events VALUES (3, '2026-11-23 12:00:00+00', 'approved', 'bob', '', '116844f7787e4bab90c8a46aeb31287b', NULL, NULL, '[]', '["sentence","bob did it",null]');
INSERT INTO public.audit_events VALUES (4, '2026-11-23 12:00:00+00', 'proposed', 'ann', '', 'ec7358b817c048fc92127d1a526eada5', NULL, NULL, '[]', '["sentence","ann did it",null]');
INSERT INTO public.audit_events VALUES (5, '2026-11-23 12:00:00+00', 'started', 'ann', '', 'ec7358b817c048fc92127d1a526eada5', NULL, NULL, '[]', '["sentence","ann did it",null]');
INSERT INTO public.audit_events VALUES (6, '2026-11-23 12:00:00+00', 'deleted', 'ann', '', 'ec7358b817c048fc92127d1a526eada5', NULL, NULL, '["sha256:old"]', '["sentence","ann did it",null]');
INSERT INTO public.audit_events VALUES (7, '2026-11-23 12:00:00+00', 'pinned', 'ann', '', NULL, NULL, NULL, '[]', '["sentence","ann did it",null]');


--
-- Data for Name: deliveries; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: digests; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: due_reports; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: due_rounds; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: homes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: kept_manifests; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: our_reads; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: past_tag_bindings; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pause_announcements; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pin_removals; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pins; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pins VALUES ('123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api', '1.0', 'tag', 'ann', 'why not', '2026-12-23 12:00:00+00', '2026-11-23 12:00:00+00', NULL);
INSERT INTO public.pins VALUES ('123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api', '2.*', 'glob', 'ann', 'why not', NULL, '2026-11-23 12:00:00+00', NULL);


--
-- Data for Name: plan_items; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.plan_items VALUES ('116844f7787e4bab90c8a46aeb31287b', 2, 0, 'sha256:old', '["old"]', 'pending', '', false, NULL);
INSERT INTO public.plan_items VALUES ('ec7358b817c048fc92127d1a526eada5', 1, 1, 'sha256:older', '["older"]', 'pending', '', false, NULL);
INSERT INTO public.plan_items VALUES ('ec7358b817c048fc92127d1a526eada5', 1, 0, 'sha256:old', '["old"]', 'deleted', '', false, '["nothing_keeps",[],null,true,null,false]');


--
-- Data for Name: plan_selections; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: plan_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.plan_versions VALUES ('116844f7787e4bab90c8a46aeb31287b', 2, 'b335428b343b0ee5e8f22abb2abaa3997378072dab5e17416d033a156ecb190a', '\x785e5d52cb8edb300cfc175e2b3bb612e7e15b51f4b0f7c51e6a04862233891a5932f4d86d1ae4df4bc9d92e10403685e1901c92ea38bb81c393f2c15da1bd8190d24613a0859a2f57cd7ab3dd5535079649d6108eb1f8401f8a1aee0c8c1891b080625c8849112f3af5145c0e1757a2a4ef33b214a3f86b8df8f0a5b4e3e27ff49d751df8b3e0cdbab57a00d641327b66a2d60cd4284e08ec28b44706bce2eba2da16bc79ad795b55747ec1ccacab8ac1f71faf2f6f3f49919826ada408247ff16e86d24a55e65454dc1cd5a97cafbffdf6d41beb1e95c876d5e31e5ca462036a0c543ba74f3ea2cc3a32927e7b023b30369c9539f517c4c97f65cc593235dd66ea57a38516577490742717a5bfc1d1210efde11ad0439b1bd2b4a42728faa19fd0f5a335e10cedae5cd64bce9bcd6a5d37abcdb6c162c700ff08490b9d1bf1c1baa724caf4d1e367a98a96401a0025c9072dc6c320e872890774866690509a68efa23149331c449067b29e263a8a4bc6a41df010555a211c95a6a03cb1f9dcc89d9f589db58d53f2b78f55dff7ff0022a9d414', '2026-11-23 12:00:00+00', NULL);
INSERT INTO public.plan_versions VALUES ('116844f7787e4bab90c8a46aeb31287b', 1, '4c8838550efa566581dbb8c86855c8aba15d2985dc29f9ff21f674d1f3322196', '\x', '2026-11-23 12:00:00+00', '\x789c8b8e562ace48343235b3cacf49492d528ad5898e8d050049c206c2');
INSERT INTO public.plan_versions VALUES ('ec7358b817c048fc92127d1a526eada5', 1, 'da104d8ec256d234f68044b3ddd26a328271af7b0dd44b52d82dfde9cfacf0a9', '\x785ec5533b8fdb300cfe2f5c2b3bb62ef625de8aa243f743871a8121cb4ce246960c3d2e4d83fcf75272ae77c8d6a9802c127c881fc9cf2d6757b078189db71768ae20a434417b68a0e44febaa7ede6c8b92034b4146931d437646e7b3126e0cb498906c1ec5b43a634f71c18e0fc9f970b2394afade32733189df468bb3cba599567fb36fac6dc11d05afeac6a801580b51ec980e4a3118277140607ba11c32e005afb36293f1eaa5e44d51d0f9014b6459140c3e7f79f9f6fd2b2112f3ac46293cc15fbdea213772ccd353545cefc743fe5a7efae9a837d6de2b916c8bbbee6da062032af4543b3d1f7d14b2e048967891ed0376b477f4a4fc17fce53fe3a7065ad0c61f477de84e88b37b9f489a426a356abb14fabea84c894b6c98e6fe38858fae385546b8aeb0b78843d75f3c3a6878dc9622063e98821bba196d3719ed8fd094f9a6e6f5ba2ad75bfe546cab67cc360cf09790c4d6654bce1bfbf0c8a8bbe0f0ad54410c8b0851526fa0c4d40f829453e8d16a5a70b4125d3a1bb48e0d412fbc3c92744497499c924d9a01fb30467ec27e549494e8b09c2bb9d3ffc313b6698efe66e1318b77e4c36df70702061cd2', '2026-11-23 12:00:00+00', NULL);


--
-- Data for Name: plans; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.plans VALUES ('116844f7787e4bab90c8a46aeb31287b', '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api', '123456789012', 'eu-west-1', 'team/api', 2, 'approved', 'b335428b343b0ee5e8f22abb2abaa3997378072dab5e17416d033a156ecb190a', true, true, 5, 2, 1099511627776, '2026-11-23 12:00:00+00', '2026-11-30 12:00:00+00', NULL, 2, NULL, NULL, true, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.plans VALUES ('ec7358b817c048fc92127d1a526eada5', '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web', '123456789012', 'eu-west-1', 'team/web', 1, 'executing', 'da104d8ec256d234f68044b3ddd26a328271af7b0dd44b52d82dfde9cfacf0a9', true, true, 5, 2, 1099511627776, '2026-11-23 12:00:00+00', '2026-11-30 12:00:00+00', NULL, 1, NULL, NULL, true, 0, NULL, NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: price_list; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: refused_blocks; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: repositories; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: run_batches; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: runs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs VALUES ('ec7358b817c048fc92127d1a526eada5', 1, 1, 'ann''s machine', 'boot-1', 4711, 1099511627776, '2026-11-23 12:00:00+00', '2026-11-23 12:01:00+00');


--
-- Data for Name: selected_plans; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: storage_history; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: subjects_seen; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tag_bindings; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tag_losses; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: tag_scans; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: usage_confirmations; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: usage_listed; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: audit_events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.audit_events_id_seq', 7, true);


--
-- Name: jobs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.jobs_id_seq', 1, false);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);


--
-- Name: due_reports due_reports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.due_reports
    ADD CONSTRAINT due_reports_pkey PRIMARY KEY (repository, local);


--
-- Name: due_rounds due_rounds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.due_rounds
    ADD CONSTRAINT due_rounds_pkey PRIMARY KEY (entry, local, registry_name);


--
-- Name: homes homes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.homes
    ADD CONSTRAINT homes_pkey PRIMARY KEY ("user");


--
-- Name: about pk_about; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.about
    ADD CONSTRAINT pk_about PRIMARY KEY (made_at);


--
-- Name: approval_requests pk_approval_requests; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approval_requests
    ADD CONSTRAINT pk_approval_requests PRIMARY KEY (plan, version, "user");


--
-- Name: approvals pk_approvals; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT pk_approvals PRIMARY KEY (plan, version, by);


--
-- Name: audit_events pk_audit_events; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT pk_audit_events PRIMARY KEY (id);


--
-- Name: digests pk_digests; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.digests
    ADD CONSTRAINT pk_digests PRIMARY KEY (id);


--
-- Name: jobs pk_jobs; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT pk_jobs PRIMARY KEY (id);


--
-- Name: kept_manifests pk_kept_manifests; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kept_manifests
    ADD CONSTRAINT pk_kept_manifests PRIMARY KEY (repository, digest);


--
-- Name: messages pk_messages; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT pk_messages PRIMARY KEY (channel, ts);


--
-- Name: our_reads pk_our_reads; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.our_reads
    ADD CONSTRAINT pk_our_reads PRIMARY KEY (repository, digest, at);


--
-- Name: past_tag_bindings pk_past_tag_bindings; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.past_tag_bindings
    ADD CONSTRAINT pk_past_tag_bindings PRIMARY KEY (repository, tag, digest);


--
-- Name: pause_announcements pk_pause_announcements; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pause_announcements
    ADD CONSTRAINT pk_pause_announcements PRIMARY KEY (channel);


--
-- Name: pin_removals pk_pin_removals; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pin_removals
    ADD CONSTRAINT pk_pin_removals PRIMARY KEY (repository, pin, made_at, removed_by);


--
-- Name: pins pk_pins; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pins
    ADD CONSTRAINT pk_pins PRIMARY KEY (repository, pin);


--
-- Name: plan_items pk_plan_items; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plan_items
    ADD CONSTRAINT pk_plan_items PRIMARY KEY (plan, version, "position");


--
-- Name: plan_selections pk_plan_selections; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plan_selections
    ADD CONSTRAINT pk_plan_selections PRIMARY KEY (id);


--
-- Name: plan_versions pk_plan_versions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plan_versions
    ADD CONSTRAINT pk_plan_versions PRIMARY KEY (plan, version);


--
-- Name: plans pk_plans; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT pk_plans PRIMARY KEY (id);


--
-- Name: price_list pk_price_list; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.price_list
    ADD CONSTRAINT pk_price_list PRIMARY KEY (region);


--
-- Name: refused_blocks pk_refused_blocks; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refused_blocks
    ADD CONSTRAINT pk_refused_blocks PRIMARY KEY (workspace, kind);


--
-- Name: run_batches pk_run_batches; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_batches
    ADD CONSTRAINT pk_run_batches PRIMARY KEY (plan, number);


--
-- Name: runs pk_runs; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT pk_runs PRIMARY KEY (plan);


--
-- Name: selected_plans pk_selected_plans; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.selected_plans
    ADD CONSTRAINT pk_selected_plans PRIMARY KEY (selection, plan);


--
-- Name: storage_history pk_storage_history; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.storage_history
    ADD CONSTRAINT pk_storage_history PRIMARY KEY (repository, day);


--
-- Name: subjects_seen pk_subjects_seen; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.subjects_seen
    ADD CONSTRAINT pk_subjects_seen PRIMARY KEY (repository, digest);


--
-- Name: tag_bindings pk_tag_bindings; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag_bindings
    ADD CONSTRAINT pk_tag_bindings PRIMARY KEY (repository, tag);


--
-- Name: tag_losses pk_tag_losses; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag_losses
    ADD CONSTRAINT pk_tag_losses PRIMARY KEY (repository, digest);


--
-- Name: tag_scans pk_tag_scans; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag_scans
    ADD CONSTRAINT pk_tag_scans PRIMARY KEY (repository);


--
-- Name: usage_confirmations pk_usage_confirmations; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_confirmations
    ADD CONSTRAINT pk_usage_confirmations PRIMARY KEY (source, scope, at);


--
-- Name: usage_listed pk_usage_listed; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_listed
    ADD CONSTRAINT pk_usage_listed PRIMARY KEY (source, scope, is_believed);


--
-- Name: repositories repositories_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.repositories
    ADD CONSTRAINT repositories_pkey PRIMARY KEY (repository);


--
-- Name: ix_audit_events_at_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_events_at_id ON public.audit_events USING btree (at, id);


--
-- Name: ix_audit_events_plan; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_events_plan ON public.audit_events USING btree (plan);


--
-- Name: ix_deliveries_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_deliveries_at ON public.deliveries USING btree (at);


--
-- Name: ix_digests_channel; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_digests_channel ON public.digests USING btree (channel);


--
-- Name: ix_digests_entry_local; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ix_digests_entry_local ON public.digests USING btree (entry, local);


--
-- Name: ix_due_reports_claimed_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_due_reports_claimed_at ON public.due_reports USING btree (claimed_at);


--
-- Name: ix_due_reports_line; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_due_reports_line ON public.due_reports USING btree (line);


--
-- Name: ix_due_rounds_begun_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_due_rounds_begun_at ON public.due_rounds USING btree (begun_at);


--
-- Name: ix_jobs_not_before; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_jobs_not_before ON public.jobs USING btree (not_before);


--
-- Name: ix_messages_plan; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_messages_plan ON public.messages USING btree (plan);


--
-- Name: ix_pins_until; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_pins_until ON public.pins USING btree (until);


--
-- Name: ix_plan_items_plan_version_digest; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ix_plan_items_plan_version_digest ON public.plan_items USING btree (plan, version, digest);


--
-- Name: ix_plans_proposed_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_plans_proposed_at ON public.plans USING btree (proposed_at);


--
-- Name: ix_plans_repository; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_plans_repository ON public.plans USING btree (repository);


--
-- Name: ix_plans_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_plans_state ON public.plans USING btree (state);


--
-- Name: ix_repositories_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_repositories_name ON public.repositories USING btree (name);


--
-- Name: one_open_plan_per_repository; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX one_open_plan_per_repository ON public.plans USING btree (repository) WHERE ((state)::text = ANY ((ARRAY['approved'::character varying, 'executing'::character varying, 'proposed'::character varying])::text[]));


--
-- Name: audit_events audit_events_refuse; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_events_refuse BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION public.audit_events_refuse();


--
-- Name: approval_requests fk_approval_requests_plan_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approval_requests
    ADD CONSTRAINT fk_approval_requests_plan_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: approvals fk_approvals_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT fk_approvals_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: due_reports fk_due_reports_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.due_reports
    ADD CONSTRAINT fk_due_reports_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: kept_manifests fk_kept_manifests_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kept_manifests
    ADD CONSTRAINT fk_kept_manifests_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: messages fk_messages_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT fk_messages_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: past_tag_bindings fk_past_tag_bindings_tag_scans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.past_tag_bindings
    ADD CONSTRAINT fk_past_tag_bindings_tag_scans FOREIGN KEY (repository) REFERENCES public.tag_scans(repository);


--
-- Name: plan_items fk_plan_items_plan_versions; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plan_items
    ADD CONSTRAINT fk_plan_items_plan_versions FOREIGN KEY (plan, version) REFERENCES public.plan_versions(plan, version);


--
-- Name: plan_selections fk_plan_selections_digests; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plan_selections
    ADD CONSTRAINT fk_plan_selections_digests FOREIGN KEY (digest) REFERENCES public.digests(id);


--
-- Name: plan_versions fk_plan_versions_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.plan_versions
    ADD CONSTRAINT fk_plan_versions_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: run_batches fk_run_batches_runs; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.run_batches
    ADD CONSTRAINT fk_run_batches_runs FOREIGN KEY (plan) REFERENCES public.runs(plan);


--
-- Name: runs fk_runs_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT fk_runs_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: selected_plans fk_selected_plans_plan_selections; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.selected_plans
    ADD CONSTRAINT fk_selected_plans_plan_selections FOREIGN KEY (selection) REFERENCES public.plan_selections(id);


--
-- Name: selected_plans fk_selected_plans_plans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.selected_plans
    ADD CONSTRAINT fk_selected_plans_plans FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- Name: tag_bindings fk_tag_bindings_tag_scans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag_bindings
    ADD CONSTRAINT fk_tag_bindings_tag_scans FOREIGN KEY (repository) REFERENCES public.tag_scans(repository);


--
-- Name: tag_losses fk_tag_losses_tag_scans; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tag_losses
    ADD CONSTRAINT fk_tag_losses_tag_scans FOREIGN KEY (repository) REFERENCES public.tag_scans(repository);


--
-- Name: repositories repositories_plan_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.repositories
    ADD CONSTRAINT repositories_plan_fkey FOREIGN KEY (plan) REFERENCES public.plans(id);


--
-- PostgreSQL database dump complete
--


