/** What the operations and jobs of this service receive. */
import type { Recorder } from '../../platform/audit/recorder.ts';
import type { PrincipalResolver } from '../../platform/authz/named-principals.ts';
import type { Client } from '../../platform/client/transport.ts';
import type { ProjectState } from '../../platform/contract/enterprise-project.ts';
import type { Platform } from '../../platform/runtime/service.ts';
import type { RowGuard } from '../../platform/store/row-guard.ts';
import type { iamApi } from '../iam/api/index.ts';
import type { kmsOperations } from '../kms/api/index.ts';
import type { ccmsOperations } from './api/index.ts';
import type { ActingSessions } from './ops/acting/acting-sessions.ts';
import type { Reconciler } from './ops/leases/reconciler.ts';
import type { Revoker } from './ops/leases/revoker.ts';
import type { RotationRunner } from './ops/rotation/runner.ts';
import type { AccessLog } from './store/access-log.ts';
import type { ChangeFeed } from './store/change-feed.ts';
import type { CredentialRoles } from './store/credential-roles.ts';
import type { Fingerprints } from './store/fingerprints.ts';
import type { Grants } from './store/grants.ts';
import type { KeyCache } from './store/key-cache.ts';
import type { Leases } from './store/leases.ts';
import type { Rotations } from './store/rotations.ts';
import type { Secrets } from './store/secrets.ts';
import type { CcmsTables } from './store/tables.ts';
import type { Targets } from './store/targets.ts';
import type { Wrappings } from './store/wrappings.ts';
import type { TargetNetworks } from './targets/networks.ts';

/** What the vault asks of other services. */
export interface CcmsClients {
  kms: Pick<
    Client<typeof kmsOperations>,
    'ObtainDefaultKey' | 'GenerateDataKey' | 'Decrypt' | 'DescribeKey' | 'CreateGrant' | 'RetireGrant'
  >;
  /** A batch is a number of requests, and so is a step of a rotation: each is decided and recorded for itself. */
  ccms: Pick<
    Client<typeof ccmsOperations>,
    'GetSecretValue' | 'ListSecrets' | 'PutSecretValue' | 'UpdateSecretVersionStage'
  >;
  iam: PrincipalResolver &
    Pick<
      Client<typeof iamApi>,
      | 'DescribeServiceRole'
      | 'OpenServiceSession'
      | 'CreateAccessKey'
      | 'ListAccessKeys'
      | 'UpdateAccessKey'
      | 'DeleteAccessKey'
      | 'GetAccessKeyLastUsed'
      | 'GetSigningKey'
    > & {
      /** Whether a project of an account takes resources; absent: the account has no such project. */
      FindEnterpriseProject(input: {
        AccountId: string;
        EnterpriseProjectId: string;
      }): Promise<{ Project?: ProjectState | undefined }>;
      /** The root user, the users and the roles of an account, by id, after one of them. */
      ListAccountPrincipals(input: {
        AccountId: string;
        After?: string;
        Limit: number;
      }): Promise<{ PrincipalIds: string[] }>;
    };
}

export interface CcmsDeps extends Platform<CcmsTables, CcmsClients> {
  guard: RowGuard;
  secrets: Secrets;
  fingerprints: Fingerprints;
  grants: Grants;
  wrappings: Wrappings;
  feed: ChangeFeed;
  keys: KeyCache;
  access: AccessLog;
  targets: Targets;
  rotations: Rotations;
  runner: RotationRunner;
  networks: TargetNetworks;
  /** For what the vault does for targets and secrets when nobody asks. */
  acting: ActingSessions;
  roles: CredentialRoles;
  leases: Leases;
  revoker: Revoker;
  reconciler: Reconciler;
  /** After a restore: no user is ended of our own accord until somebody has looked. */
  revocationHold: boolean;
  /** For what happens without a request: the destruction of a secret when its time has passed. */
  recorder: Recorder;
}
