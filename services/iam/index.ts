/**
 * The iam service: accounts, users, groups, policies, access keys, sessions, and decisions for applications.
 *
 * Guarantees: secrets are stored only sealed by the HSM and shown once; whatever ends a permission or a credential
 * takes effect on the next request here and within a second elsewhere; ids and names of another account answer exactly
 * what missing ones answer. Refuses documents that do not compile, names outside ASCII, changes to shipped policies.
 */

import { defineService, type ServiceDefinition } from '../../platform/runtime/service.ts';
import type { ActionCatalogue } from '../../policies/engine/index.ts';
import { afterRestore } from './after-restore.ts';
import { iamApi } from './api/index.ts';
import type { IamClients, IamDeps } from './deps.ts';
import { DEFAULT_LIMITS, type IamLimits } from './domain/limits.ts';
import { ShippedPolicies } from './domain/shipped.ts';

import { forgetSessions } from './jobs/forget-sessions.ts';
import { renewTenantKeys } from './jobs/renew-tenant-keys.ts';
import { handlers } from './ops/index.ts';
import { LatestUses } from './ops/latest-uses.ts';
import { NamespaceCache } from './ops/namespace-cache.ts';
import { SessionSigning } from './ops/sts/sessions.ts';
import { SubjectCache } from './ops/subject-cache.ts';
import { noteKeyUse } from './store/access-keys.ts';
import { init } from './store/migrations/0001_init.ts';
import { roles } from './store/migrations/0002_roles.ts';
import { enterpriseProjects } from './store/migrations/0003_enterprise_projects.ts';
import { roleUse } from './store/migrations/0004_role_use.ts';
import { devicesAndNamespacesInProjects } from './store/migrations/0005_devices_and_namespaces_in_projects.ts';
import { noteRoleUse } from './store/roles.ts';
import type { IamDb } from './store/schema.ts';
import { readShippedDocuments } from './store/shipped-files.ts';

export type { IamDeps } from './deps.ts';
export { AWS_STRICT_LIMITS, type IamLimits } from './domain/limits.ts';
export { type BootstrapResult, bootstrap } from './first-run.ts';

export interface IamOptions {
  limits?: Partial<IamLimits>;
  /** Actions of every service: Authorize refuses what is neither in it nor in a namespace of the account. */
  catalogue?: ActionCatalogue;
}

export function defineIam(options: IamOptions = {}): ServiceDefinition<IamDb, IamClients, IamDeps> {
  return defineService<IamDb, IamClients, IamDeps>({
    name: 'iam',
    operations: Object.values(iamApi),
    handlers,
    migrations: [init, roles, enterpriseProjects, roleUse, devicesAndNamespacesInProjects],
    createDeps(platform) {
      const keyUses = new LatestUses(noteKeyUse);
      const roleUses = new LatestUses(noteRoleUse);
      const onError = (err: unknown) => platform.log.warn({ err }, 'last uses were not written');
      const stops = [keyUses, roleUses].map((uses) => uses.follow(platform.store, onError));
      return {
        ...platform,
        clients: {
          kms: platform.clients.kms,
          ccms: platform.clients.ccms,
          pca: platform.clients.pca,
          audit: platform.clients.audit,
        },
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        shipped: new ShippedPolicies(readShippedDocuments(), platform.settings.partition),
        catalogue: options.catalogue,
        namespaces: new NamespaceCache(platform.store, platform.hub),
        subjects: new SubjectCache(platform.store, platform.directory),
        signing: new SessionSigning(platform.hsm),
        keyUses,
        roleUses,
        stopUses: async () => void (await Promise.all(stops.map((stop) => stop()))),
      };
    },
    jobs: [forgetSessions, renewTenantKeys],
    afterRestore,
    close: (deps) => deps.stopUses(),
  });
}
