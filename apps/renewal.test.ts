/** Every table with row MACs is renewed: one that is forgotten would be of no use to the second token of a pair. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RENEWING_SERVICES } from '../platform/contract/renewal.ts';
import type { RenewalJob } from '../platform/renewal/renewal.ts';
import { openStore } from '../platform/store/index.ts';
import { services } from './services.ts';

const all = services({
  awsStrictLimits: false,
  vaultKeyCacheSeconds: 0,
  vaultTargetNetworks: [],
  vaultRevocationHold: false,
  pkiUrl: 'http://127.0.0.1:8080',
  pkiShards: 1,
  pkiStores: new Map(),
  pkiReportStores: new Map(),
  pkiCredentialsFile: undefined,
  acmeNetworks: [],
  acmeResolvers: [],
  acmeHttpPort: 80,
  acmeTlsPort: 443,
  exportNetworks: [],
  auditStores: new Map(),
  auditCredentialsFile: undefined,
  auditWitnesses: [],
  outsideNetworks: [],
});

it('kms asks every service that has walks before it destroys root keys', () => {
  const walking = all.filter(({ jobs = [] }) => jobs.some((job) => 'steps' in job)).map(({ name }) => name);
  expect([...RENEWING_SERVICES].sort()).toEqual(walking.sort());
});

it.each(all.map((service) => [service.name, service] as const))('%s', async (_name, service) => {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-renewal-'));
  const { name, migrations } = service;
  const store = await openStore<unknown>({ service: name, folder, clock: { now: () => 0 }, migrations });
  try {
    const tables = await store.read.introspection.getTables();
    const having = (column: string) =>
      tables.filter(({ columns }) => columns.some((one) => one.name === column)).map((table) => table.name);
    const steps = (service.jobs ?? []).flatMap((job) => (job as Partial<RenewalJob<unknown>>).steps ?? []);
    expect(steps.flatMap(({ guards }) => guards ?? []).sort()).toEqual(having('row_mac').sort());
    // Tables with wrapped keys have a step of their own, whatever its name.
    expect(steps.filter(({ guards }) => guards === undefined)).toHaveLength(having('root_version').length);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
