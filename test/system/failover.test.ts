/**
 * The database restarts under load, and fails over to its replica at an address that moves: requests are refused as
 * unavailable meanwhile, go on by themselves, and nothing that was acknowledged is lost or allowed wrongly.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PostgresServer,
  type PostgresStandby,
  startPostgres,
  startStandby,
} from '../../platform/store/testing/postgres-server.ts';
import { Address } from '../harness/address.ts';
import { Load } from '../harness/load.ts';
import { type Running, type Shape, startParapet } from '../harness/server.ts';

/** PARAPET_FAULTS: restarts before each failover. */
const RESTARTS = Number(process.env.PARAPET_FAULTS ?? 1);
const shape = (process.env.PARAPET_TEST_SHAPE ?? 'mono') as Shape;
const BACK_MS = 30_000;
const BEGUN_MS = 60_000;

describe('the database', () => {
  let primary: PostgresServer;
  let standby: PostgresStandby;
  let address: Address;
  let server: Running;
  let load: Load;
  beforeAll(async () => {
    primary = await startPostgres();
    const at = await Address.before(primary.url);
    address = at.address;
    server = await startParapet({ shape, databaseUrl: at.url });
    load = await Load.prepare(server);
  }, 180_000);
  afterAll(async () => {
    await load?.end();
    await server?.stop();
    address?.close();
    await standby?.stop();
    await primary?.stop();
  });

  /** What is refused while something is away is refused for that, and for nothing else. */
  async function nothingWrong(): Promise<void> {
    await load.end();
    expect(load.refusals.filter(({ status }) => status !== 503)).toEqual([]);
    expect(load.wronglyAllowed).toEqual([]);
    expect(await load.lost()).toEqual([]);
  }

  it(`restarts under load, ${RESTARTS} times`, async () => {
    load.begin();
    for (let i = 0; i < RESTARTS; i++) {
      await load.untilServed(BEGUN_MS);
      await load.revokeSomebody();
      await primary.crash();
      await new Promise((wait) => setTimeout(wait, 2_000));
      await primary.start();
      console.log(`served again after ${Math.round(await load.untilServed(BACK_MS))} ms`);
    }
    await nothingWrong();
  });

  it('fails over to its replica under load', async () => {
    standby = await startStandby(primary);
    load.begin();
    await load.untilServed(BEGUN_MS);
    await load.revokeSomebody();
    await primary.crash();
    // Too early: what is there can only be read.
    address.moveTo(standby.url);
    await new Promise((wait) => setTimeout(wait, 2_000));
    await standby.promote();
    console.log(`served again ${Math.round(await load.untilServed(BACK_MS))} ms after the promotion`);
    await nothingWrong();
  });
});
