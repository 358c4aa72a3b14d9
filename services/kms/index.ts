/** The key management service: see README.md. */
import { defineService, type Platform } from '../../platform/runtime/service.ts';
import { RowGuard } from '../../platform/store/row-guard.ts';
import { TenantKeys } from '../../platform/store/tenant-keys.ts';
import { kmsOperations } from './api/index.ts';
import type { KmsClients, KmsDeps } from './deps.ts';
import { ROW_MAC_LABEL } from './domain/rows.ts';
import { destroyKeys } from './jobs/destroy-keys.ts';
import { forgetChanges } from './jobs/forget-changes.ts';
import { renewKeys } from './jobs/renew-keys.ts';
import { rotateKeys } from './jobs/rotate-keys.ts';
import { rotateRoot } from './jobs/rotate-root.ts';
import { GrantTokens } from './ops/grant-tokens.ts';
import { kmsHandlers } from './ops/index.ts';
import { ChangeFollower } from './store/change-follower.ts';
import { Grants } from './store/grants.ts';
import { KeyCache } from './store/key-cache.ts';
import { migration as init } from './store/migrations/0001_init.ts';
import { migration as deletionPauses } from './store/migrations/0002_deletion_pauses.ts';
import { enterpriseProjects } from './store/migrations/0003_enterprise_projects.ts';
import { defaultKeys } from './store/migrations/0005_default_keys.ts';
import { rotation } from './store/migrations/0006_rotation.ts';
import { grants } from './store/migrations/0007_grants.ts';
import { rootVersions } from './store/migrations/0008_root_versions.ts';
import type { KmsTables } from './store/tables.ts';
import { tenantTable } from './store/tenant-keys.ts';

export type { KmsClients, KmsDeps } from './deps.ts';

export const kmsService = defineService<KmsTables, KmsClients, KmsDeps>({
  name: 'kms',
  operations: Object.values(kmsOperations),
  handlers: kmsHandlers,
  migrations: [init, deletionPauses, enterpriseProjects, defaultKeys, rotation, grants, rootVersions],
  createDeps,
  async prepare(deps) {
    deps.follower.start(deps.keys);
  },
  jobs: [destroyKeys, rotateKeys, forgetChanges, renewKeys, rotateRoot],
  close: (deps) => deps.follower.stop(),
});

async function createDeps(platform: Platform<KmsTables, KmsClients>): Promise<KmsDeps> {
  const { store, hsm, clock, ids, log, settings } = platform;
  const guard = new RowGuard(hsm, log, ROW_MAC_LABEL);
  const grants = new Grants({ store, guard });
  const grantTokens = new GrantTokens(await hsm.mac('parapet/kms/grant-token/v1', Buffer.from('key')));
  const follower = new ChangeFollower(store, grants, clock, log);
  const keys = new KeyCache({ store, guard, isCurrent: follower.isCurrent });
  const tenants = new TenantKeys(tenantTable, { store, hsm, guard, clock, ids });
  const { clients, directory, organization, pages, recorder } = platform;
  const given = { store, hsm, clients, clock, ids, log, directory, organization, pages, settings };
  return { ...given, keys, tenants, grants, grantTokens, guard, follower, recorder };
}
