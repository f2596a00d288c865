-- +goose Up

-- What a target was last told about a flow: once per cause, not per run.
CREATE TABLE notifications (
    target TEXT COLLATE "C" NOT NULL,
    flow   TEXT COLLATE "C" NOT NULL,
    cause  TEXT COLLATE "C" NOT NULL, -- '' when all is well again
    at     BIGINT NOT NULL,
    PRIMARY KEY (target, flow)
);
