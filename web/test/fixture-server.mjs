/** `node test/fixture-server.mjs [--scenario sky|empty|crowd] [--port 8090]`: the test equipment of lib/fixture.mjs by hand, for developing. */
import { parseArgs } from "node:util";
import { Fixture } from "./lib/fixture.mjs";
import { SCENARIOS } from "./lib/scenario.mjs";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "sky" },
    port: { type: "string", default: "8090" },
    count: { type: "string", default: "10000" },
  },
});
if (!SCENARIOS.includes(values.scenario)) {
  console.error(`no scenario "${values.scenario}"; there are ${SCENARIOS.join(", ")}`);
  process.exit(2);
}
const fixture = new Fixture({ scenario: values.scenario, count: Number(values.count) });
console.log(`scripted test data (${values.scenario}), nothing real: ${await fixture.listen(Number(values.port))}`);
