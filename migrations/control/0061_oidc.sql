-- Operators whom an identity provider vouches for: issuer and subject, which are theirs for good. NULL: they log in with a password.

ALTER TABLE operators ADD COLUMN oidc_subject text CONSTRAINT operators_oidc_subject UNIQUE;
