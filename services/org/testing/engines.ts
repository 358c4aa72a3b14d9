/** One suite, both engines: what holds on SQLite holds on PostgreSQL. */
import { afterAll, beforeAll, describe } from 'vitest';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../platform/store/testing/postgres-server.ts';
import { type OrgWorld, openOrg, type WorldOptions } from './harness.ts';

const noPostgres = postgresMissing();

/** `suite` gets a function that answers the world of its engine. */
export function onBothEngines(name: string, suite: (world: () => OrgWorld) => void, options: WorldOptions = {}): void {
  const within = (open: () => Promise<OrgWorld>) => {
    let world: OrgWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());
    suite(() => world);
  };
  describe(`${name} (SQLite)`, () => within(() => openOrg(options)));
  describe.skipIf(noPostgres !== undefined)(
    `${name} (PostgreSQL${noPostgres ? `, skipped: ${noPostgres}` : ''})`,
    () => {
      let server: PostgresServer;
      beforeAll(async () => {
        server = await startPostgres();
      });
      afterAll(() => server?.stop());
      within(() => openOrg({ ...options, url: server.url }));
    },
  );
}
