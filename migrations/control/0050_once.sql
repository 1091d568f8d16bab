-- What was done for a request with an Idempotency-Key, noted in the transaction that did it: the answer (idempotent_answers) is kept
-- afterwards, and a central that ends in between must not do it again. `what` tells the parts of one request apart; `ids` are those of
-- what it made, in order (NULL: that one was refused).
CREATE TABLE idempotent_effects (
    key_sha256  bytea       NOT NULL CHECK (octet_length(key_sha256) = 32),
    what        text        NOT NULL,
    body_sha256 bytea       NOT NULL CHECK (octet_length(body_sha256) = 32),
    ids         bigint[]    NOT NULL DEFAULT '{}',
    done_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_sha256, what)
);
CREATE INDEX idempotent_effects_done ON idempotent_effects (done_at);
