-- +goose Up

-- Who could not be told of a flow, since when, and why; gone once somebody was.
CREATE TABLE notification_faults (
    target   TEXT COLLATE "C" NOT NULL,
    flow     TEXT COLLATE "C" NOT NULL,
    place    TEXT COLLATE "C" NOT NULL, -- where the target stands in the configuration
    since    BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (target, flow)
);
