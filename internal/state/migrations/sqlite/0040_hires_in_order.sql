-- +goose Up

-- Hires are gone through in the order in which they came, a part at a time: without this
-- each part looks at all of them.
CREATE INDEX hires_order ON hires (flow, received_at, id);
