/**
 * An identity provider for the test of logging in (`tests/all/oidc.rs`): the npm package oidc-provider, certified by the OpenID Foundation, on loopback,
 * with its own pages. Whoever gives a name is that person, in the groups `groups` (comma) names.
 *
 *     node provider.mjs --redirect http://127.0.0.1:8080/api/v1/auth/oidc/callback --groups watch,ops [--algorithm ES256]
 *
 * Prints `issuer http://127.0.0.1:PORT` when it listens.
 */
import { generateKeyPairSync } from "node:crypto";
import http from "node:http";
import { parseArgs } from "node:util";
import Provider from "oidc-provider";

const { values } = parseArgs({
  options: { redirect: { type: "string" }, groups: { type: "string", default: "" }, algorithm: { type: "string", default: "RS256" } },
});

const pair = values.algorithm === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...pair.privateKey.export({ format: "jwk" }), use: "sig", alg: values.algorithm, kid: "test" };

const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "vtoc",
        client_secret: "a secret & more",
        redirect_uris: [values.redirect],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        id_token_signed_response_alg: values.algorithm,
      },
    ],
    jwks: { keys: [key] },
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], profile: ["preferred_username", "name"], groups: ["groups"] },
    scopes: ["openid", "profile", "groups"],
    cookies: { keys: ["only for a test"] },
    findAccount: async (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: `subject-${id}`, preferred_username: id, name: `${id} of the house`, groups: values.groups.split(",") }),
    }),
  });
  server.on("request", provider.callback());
  console.log(`issuer ${issuer}`);
});
