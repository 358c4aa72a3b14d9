/** One suite about the detective engine on both engines, with a world of its own for each test. */
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../platform/store/testing/postgres-server.ts';
import { orgApi } from '../api/index.ts';
import { type DetectiveWorld, openDetective } from './detective.ts';

/** The world of the present test, and what its tests ask all the time. */
export type Room = ReturnType<typeof roomOf>;

function roomOf(present: () => DetectiveWorld) {
  const account = () => present().management.accountId;
  const get = (Arn: string) => present().put(orgApi.GetResourceConfig, { Arn });
  return {
    get world() {
      return present();
    },
    account,
    get,
    iamArn: (rest: string) => `arn:aws:iam::${account()}:${rest}`,
    volumeArn: (id: string, owner = account()) => `arn:aws:organizations::${owner}:config-resource/ext:volume/${id}`,
    volume: (ResourceId: string, configuration: object, extra: object = {}) => ({
      ResourceType: 'ext:volume',
      ResourceId,
      Configuration: JSON.stringify(configuration),
      ...extra,
    }),
    history: (Arn: string) => present().put(orgApi.GetResourceConfigHistory, { Arn }),
    verdictOf: async (Arn: string, rule: string) =>
      (await get(Arn)).Verdicts.find((verdict) => verdict.RuleId === rule)?.Verdict,
    async forward(milliseconds: number) {
      present().clock.time += milliseconds;
      await present().settle();
    },
  };
}

const noPostgres = postgresMissing();

export function detectiveOnBothEngines(name: string, suite: (room: Room) => void): void {
  const within = (url: () => Promise<string | undefined>) => {
    let world: DetectiveWorld;
    beforeEach(async () => {
      const given = await url();
      world = await openDetective(given === undefined ? {} : { url: given });
    });
    afterEach(() => world?.close());
    suite(roomOf(() => world));
  };
  describe(`${name} (SQLite)`, () => within(async () => undefined));
  describe.skipIf(noPostgres !== undefined)(
    `${name} (PostgreSQL${noPostgres ? `, skipped: ${noPostgres}` : ''})`,
    () => {
      let server: PostgresServer;
      beforeAll(async () => {
        server = await startPostgres();
      });
      afterAll(() => server?.stop());
      within(() => server.database());
    },
  );
}
