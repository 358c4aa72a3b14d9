/**
 * The iam service: accounts, users, groups, policies, access keys, sessions, and decisions for applications.
 *
 * Guarantees: secrets are stored only sealed by the HSM and shown once; whatever ends a permission or a credential
 * takes effect on the next request here and within a second elsewhere; ids and names of another account answer exactly
 * what missing ones answer. Refuses documents that do not compile, names outside ASCII, changes to shipped policies.
 */

import type { AnyOperation } from '../../platform/contract/operation.ts';
import type { BoundHandler } from '../../platform/runtime/call.ts';
import { defineService, type ServiceDefinition } from '../../platform/runtime/service.ts';
import type { ActionCatalogue } from '../../policies/engine/index.ts';
import { iamApi } from './api/index.ts';
import type { IamClients, IamDeps } from './deps.ts';
import { DEFAULT_LIMITS, type IamLimits } from './domain/limits.ts';
import { ShippedPolicies } from './domain/shipped.ts';
import { SHIPPED_DOCUMENTS } from './domain/shipped-documents.ts';
import { createAccessKey } from './ops/access-keys/create-access-key.ts';
import { getAccessKeyLastUsed } from './ops/access-keys/get-access-key-last-used.ts';
import { listAccessKeys } from './ops/access-keys/list-access-keys.ts';
import { deleteAccessKey, updateAccessKey } from './ops/access-keys/update-access-key.ts';
import { deleteGroupPolicy, getGroupPolicy, listGroupPolicies, putGroupPolicy } from './ops/inline/group-policies.ts';
import { deleteUserPolicy, getUserPolicy, listUserPolicies, putUserPolicy } from './ops/inline/user-policies.ts';
import { getSigningKey } from './ops/internal/get-signing-key.ts';
import {
  getAuthorizationChanges,
  getPrincipalSnapshot,
  noteAccessKeyUse,
  resolvePrincipals,
} from './ops/internal/read-authorization.ts';
import { KeyUses } from './ops/key-uses.ts';
import { NamespaceCache } from './ops/namespace-cache.ts';
import { getCallerIdentity } from './ops/sts/get-caller-identity.ts';
import { SubjectCache } from './ops/subject-cache.ts';
import { createUser } from './ops/users/create-user.ts';
import { deleteUser } from './ops/users/delete-user.ts';
import { getUser, listUsers } from './ops/users/read-users.ts';
import { updateUser } from './ops/users/update-user.ts';
import { init } from './store/migrations/0001_init.ts';
import type { IamDb } from './store/schema.ts';

export type { IamDeps } from './deps.ts';
export { AWS_STRICT_LIMITS, DEFAULT_LIMITS, type IamLimits } from './domain/limits.ts';
export { type BootstrapResult, bootstrap } from './first-run.ts';

export interface IamOptions {
  limits?: Partial<IamLimits>;
  /** Actions of every service: action names in policies are checked against it. */
  catalogue?: ActionCatalogue;
}

const handlers: readonly BoundHandler<IamDeps>[] = [
  getSigningKey,
  getPrincipalSnapshot,
  getAuthorizationChanges,
  resolvePrincipals,
  noteAccessKeyUse,
  createUser,
  getUser,
  listUsers,
  updateUser,
  deleteUser,
  putUserPolicy,
  getUserPolicy,
  deleteUserPolicy,
  listUserPolicies,
  putGroupPolicy,
  getGroupPolicy,
  deleteGroupPolicy,
  listGroupPolicies,
  createAccessKey,
  listAccessKeys,
  updateAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  getCallerIdentity,
];

export function defineIam(options: IamOptions = {}): ServiceDefinition<IamDb, IamClients, IamDeps> {
  const operations: readonly AnyOperation[] = Object.values(iamApi).filter((operation) =>
    handlers.some((bound) => bound.operation === operation),
  );
  return defineService<IamDb, IamClients, IamDeps>({
    name: 'iam',
    operations,
    handlers,
    migrations: [init],
    createDeps(platform) {
      const keyUses = new KeyUses();
      return {
        ...platform,
        limits: { ...DEFAULT_LIMITS, ...options.limits },
        shipped: new ShippedPolicies(SHIPPED_DOCUMENTS, platform.settings.partition),
        catalogue: options.catalogue,
        namespaces: new NamespaceCache(platform.store, platform.hub),
        subjects: new SubjectCache(platform.store, platform.directory),
        keyUses,
        stopKeyUses: keyUses.follow(platform.store, (err) => platform.log.warn({ err }, 'key uses were not written')),
      };
    },
    close: (deps) => deps.stopKeyUses(),
  });
}

export const iamService = defineIam();
