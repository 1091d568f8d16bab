-- Who watches which source, and the records of a role's work. Each role's database has all these tables; which one a
-- kind of record is kept in is fixed (api/src/records/kinds.rs): operations, missions and their requirements in ops; reports and requests
-- for information in intel; assets, supplies, their movements and requisitions in logistics. In the others they stay empty.

CREATE TABLE station_assignments (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- stations.id of the control database.
    station_id bigint       NOT NULL,
    source_id  bigint       NOT NULL REFERENCES telemetry_sources ON DELETE CASCADE,
    role       varchar(100) NOT NULL DEFAULT 'primary',
    is_active  boolean      NOT NULL DEFAULT true,
    created_at timestamptz  NOT NULL DEFAULT now(),
    updated_at timestamptz  NOT NULL DEFAULT now(),
    CONSTRAINT station_assignments_once UNIQUE (station_id, source_id)
);
CREATE INDEX station_assignments_source ON station_assignments (source_id);

CREATE TABLE operations (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        varchar(255) NOT NULL,
    code_name   varchar(255) CONSTRAINT operations_code_name UNIQUE,
    description text,
    status      varchar(20)  NOT NULL DEFAULT 'planning' CHECK (status IN ('planning', 'active', 'completed', 'cancelled')),
    priority    varchar(20)  NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    start_date  timestamptz,
    end_date    timestamptz,
    created_at  timestamptz  NOT NULL DEFAULT now(),
    updated_at  timestamptz  NOT NULL DEFAULT now()
);

CREATE TABLE missions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation_id bigint REFERENCES operations ON DELETE CASCADE,
    name         varchar(255) NOT NULL,
    description  text,
    status       varchar(20)  NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'in_progress', 'completed', 'failed')),
    priority     varchar(20)  NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    assigned_to  varchar(255),
    -- stations.slug of the control database.
    station      varchar(64),
    start_time   timestamptz,
    end_time     timestamptz,
    created_at   timestamptz  NOT NULL DEFAULT now(),
    updated_at   timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX missions_operation ON missions (operation_id);

CREATE TABLE mission_requirements (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mission_id bigint           NOT NULL REFERENCES missions ON DELETE CASCADE,
    -- supplies.sku or an asset_type of the logistics database.
    sku        varchar(100)     NOT NULL,
    quantity   double precision NOT NULL CHECK (0 <= quantity),
    note       text,
    created_at timestamptz      NOT NULL DEFAULT now(),
    updated_at timestamptz      NOT NULL DEFAULT now()
);
CREATE INDEX mission_requirements_mission ON mission_requirements (mission_id);

CREATE TABLE intel_reports (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- missions.id of the ops database.
    mission_id     bigint,
    title          varchar(255) NOT NULL,
    content        text         NOT NULL,
    classification varchar(20)  NOT NULL DEFAULT 'unclassified' CHECK (classification IN ('unclassified', 'confidential', 'secret')),
    source         varchar(255),
    reliability    varchar(20)  NOT NULL DEFAULT 'possible' CHECK (reliability IN ('verified', 'probable', 'possible', 'doubtful')),
    reported_by    varchar(255),
    report_date    timestamptz  NOT NULL DEFAULT now(),
    created_at     timestamptz  NOT NULL DEFAULT now(),
    updated_at     timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX intel_reports_mission ON intel_reports (mission_id);

-- Requests for information.
CREATE TABLE rfis (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        varchar(255) NOT NULL,
    question     text         NOT NULL,
    requested_by varchar(255),
    priority     varchar(20)  NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    status       varchar(20)  NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'in_progress', 'answered', 'closed')),
    due_at       timestamptz,
    answer       text,
    answered_at  timestamptz,
    created_at   timestamptz  NOT NULL DEFAULT now(),
    updated_at   timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX rfis_status ON rfis (status);

CREATE TABLE assets (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           varchar(255) NOT NULL,
    asset_type     varchar(100) NOT NULL,
    status         varchar(20)  NOT NULL DEFAULT 'available' CHECK (status IN ('available', 'deployed', 'maintenance', 'retired')),
    location       varchar(255),
    specifications jsonb,
    assigned_to    varchar(255),
    created_at     timestamptz  NOT NULL DEFAULT now(),
    updated_at     timestamptz  NOT NULL DEFAULT now()
);
CREATE INDEX assets_type ON assets (asset_type);

CREATE TABLE supplies (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku        varchar(100)     NOT NULL CONSTRAINT supplies_sku UNIQUE,
    name       varchar(255)     NOT NULL,
    unit       varchar(50)      NOT NULL DEFAULT 'each',
    on_hand    double precision NOT NULL DEFAULT 0,
    -- Below this it is to be ordered, up to `target`.
    threshold  double precision NOT NULL DEFAULT 0 CHECK (0 <= threshold),
    target     double precision CHECK (0 <= target),
    created_at timestamptz      NOT NULL DEFAULT now(),
    updated_at timestamptz      NOT NULL DEFAULT now()
);

-- What came (positive) and was consumed (negative): the burn rate's series. Only ever appended to; moves `on_hand`.
CREATE TABLE supply_movements (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_id  bigint           NOT NULL REFERENCES supplies ON DELETE CASCADE,
    moved_at   timestamptz      NOT NULL DEFAULT now(),
    quantity   double precision NOT NULL,
    reason     varchar(255),
    created_at timestamptz      NOT NULL DEFAULT now(),
    updated_at timestamptz      NOT NULL DEFAULT now()
);
CREATE INDEX supply_movements_supply ON supply_movements (supply_id, moved_at DESC);
CREATE FUNCTION move_supply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE supplies SET on_hand = on_hand + NEW.quantity, updated_at = now() WHERE id = NEW.supply_id;
    RETURN NULL;
END $$;
CREATE TRIGGER moved AFTER INSERT ON supply_movements FOR EACH ROW EXECUTE FUNCTION move_supply();

CREATE TABLE requisitions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku          varchar(100)     NOT NULL,
    quantity     double precision NOT NULL CHECK (0 <= quantity),
    unit         varchar(50),
    status       varchar(20)      NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'submitted', 'approved', 'ordered', 'received', 'cancelled')),
    priority     varchar(20)      NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    reason       text,
    requested_by varchar(255),
    needed_by    timestamptz,
    created_at   timestamptz      NOT NULL DEFAULT now(),
    updated_at   timestamptz      NOT NULL DEFAULT now()
);
CREATE INDEX requisitions_sku ON requisitions (sku, status);

CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON station_assignments  FOR EACH ROW EXECUTE FUNCTION note_change('assignment', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON operations           FOR EACH ROW EXECUTE FUNCTION note_change('operation', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON missions             FOR EACH ROW EXECUTE FUNCTION note_change('mission', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON mission_requirements FOR EACH ROW EXECUTE FUNCTION note_change('mission_requirement', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON intel_reports        FOR EACH ROW EXECUTE FUNCTION note_change('intel_report', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON rfis                 FOR EACH ROW EXECUTE FUNCTION note_change('rfi', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON assets               FOR EACH ROW EXECUTE FUNCTION note_change('asset', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON supplies             FOR EACH ROW EXECUTE FUNCTION note_change('supply', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON supply_movements     FOR EACH ROW EXECUTE FUNCTION note_change('supply_movement', 'id');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON requisitions         FOR EACH ROW EXECUTE FUNCTION note_change('requisition', 'id');

-- The mission timeline's alerts.
CREATE INDEX telemetry_events_alerts ON telemetry_events (station_id, event_time DESC) WHERE status LIKE 'imei\_%';
