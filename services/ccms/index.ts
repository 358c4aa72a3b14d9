/** The vault: see README.md. */
import { defineService, type Platform } from '../../platform/runtime/service.ts';
import { RowGuard } from '../../platform/store/row-guard.ts';
import { ccmsOperations } from './api/index.ts';
import type { CcmsClients, CcmsDeps } from './deps.ts';
import { ROW_MAC_LABEL } from './domain/rows.ts';
import { forgetChanges } from './jobs/forget-changes.ts';
import { forgetGrants, forgetReaders, forgetWrappings } from './jobs/forget-deliveries.ts';
import { endWithoutPermission, endWithParent, reconcileUsers, removeEndedLeases, revokeLeases } from './jobs/leases.ts';
import { purgeSecrets } from './jobs/purge-secrets.ts';
import { renewRows } from './jobs/renew-rows.ts';
import { rotateSecrets } from './jobs/rotate-secrets.ts';
import { ActingSessions } from './ops/acting/acting-sessions.ts';
import { ccmsHandlers } from './ops/index.ts';
import { Reconciler } from './ops/leases/reconciler.ts';
import { Revoker } from './ops/leases/revoker.ts';
import { observeRotations } from './ops/rotation/overdue.ts';
import { RotationRunner } from './ops/rotation/runner.ts';
import { AccessLog } from './store/access-log.ts';
import { ChangeFeed } from './store/change-feed.ts';
import { CredentialRoles } from './store/credential-roles.ts';
import { Fingerprints } from './store/fingerprints.ts';
import { Grants } from './store/grants.ts';
import { KeyCache } from './store/key-cache.ts';
import { Leases } from './store/leases.ts';
import { migration as init } from './store/migrations/0001_init.ts';
import { migration as targets } from './store/migrations/0002_targets.ts';
import { migration as rotation } from './store/migrations/0003_rotation.ts';
import { migration as leases } from './store/migrations/0004_leases.ts';
import { grants } from './store/migrations/0005_grants.ts';
import { readers } from './store/migrations/0006_readers.ts';
import { leaseAsked } from './store/migrations/0007_lease_asked.ts';
import { Rotations } from './store/rotations.ts';
import { Secrets } from './store/secrets.ts';
import type { CcmsTables } from './store/tables.ts';
import { Targets } from './store/targets.ts';
import { Wrappings } from './store/wrappings.ts';
import { TargetNetworks } from './targets/networks.ts';

export type { CcmsClients, CcmsDeps } from './deps.ts';

export interface CcmsOptions {
  /** How long an opened data key may be used without asking kms again; 0: each read asks. */
  keyCacheSeconds: number;
  /** Where targets may be: see `TargetNetworks`. */
  targetNetworks: readonly string[];
  /** After a restore: no user at a target is ended of our own accord. */
  revocationHold: boolean;
}

export function defineCcms(options: CcmsOptions) {
  return defineService<CcmsTables, CcmsClients, CcmsDeps>({
    name: 'ccms',
    operations: Object.values(ccmsOperations),
    handlers: ccmsHandlers,
    migrations: [init, targets, rotation, leases, grants, readers, leaseAsked],
    createDeps: (platform) => createDeps(platform, options),
    async prepare(deps) {
      deps.access.start((err) => deps.log.warn({ err: String(err) }, 'last reads were not written'));
    },
    jobs: [
      purgeSecrets,
      forgetGrants,
      forgetWrappings,
      forgetReaders,
      forgetChanges,
      rotateSecrets,
      revokeLeases,
      reconcileUsers,
      endWithParent,
      endWithoutPermission,
      removeEndedLeases,
      renewRows,
    ],
    async close(deps) {
      await Promise.all([deps.runner.close(), deps.revoker.stop(), deps.reconciler.stop()]);
      deps.feed.close();
      deps.keys.close();
      deps.fingerprints.close();
      await deps.access.close();
    },
  });
}

function createDeps(platform: Platform<CcmsTables, CcmsClients>, options: CcmsOptions): CcmsDeps {
  const { store, hsm, clients, clock, ids, log } = platform;
  const guard = new RowGuard(hsm, log, ROW_MAC_LABEL);
  observeRotations(platform);
  const deps: CcmsDeps = {
    ...platform,
    guard,
    secrets: new Secrets(store, guard),
    fingerprints: new Fingerprints(hsm),
    grants: new Grants(store, guard),
    wrappings: new Wrappings(store, guard),
    feed: new ChangeFeed(store),
    keys: new KeyCache(options.keyCacheSeconds, clock),
    access: new AccessLog(store),
    targets: new Targets(store, guard),
    rotations: new Rotations(store, guard),
    runner: new RotationRunner(),
    networks: new TargetNetworks(options.targetNetworks),
    acting: new ActingSessions({ iam: clients.iam, clock, ids }),
    roles: new CredentialRoles(store, guard),
    leases: new Leases(store, guard),
    revoker: new Revoker(() => deps),
    reconciler: new Reconciler(() => deps),
    revocationHold: options.revocationHold,
  };
  return deps;
}
