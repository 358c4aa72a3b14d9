/** What the operations and jobs of this service receive. */
import type { Hsm } from '../../hsm/port.ts';
import type { Recorder } from '../../platform/audit/recorder.ts';
import type { PrincipalDirectory } from '../../platform/authz/directory.ts';
import type { OrganizationView } from '../../platform/authz/organization.ts';
import type { ProjectState } from '../../platform/contract/enterprise-project.ts';
import type { RenewalState } from '../../platform/contract/renewal.ts';
import type { Logger } from '../../platform/observe/log.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Ids } from '../../platform/runtime/ids.ts';
import type { PageTokens } from '../../platform/runtime/page-token.ts';
import type { ServiceSettings } from '../../platform/runtime/service.ts';
import type { Store } from '../../platform/store/index.ts';
import type { RowGuard } from '../../platform/store/row-guard.ts';
import type { TenantKeys } from '../../platform/store/tenant-keys.ts';
import type { GrantTokens } from './ops/grant-tokens.ts';
import type { ChangeFollower } from './store/change-follower.ts';
import type { Grants } from './store/grants.ts';
import type { KeyCache } from './store/key-cache.ts';
import type { KmsTables } from './store/tables.ts';

interface Renewing {
  DescribeRenewal(input: Record<string, never>): Promise<{ Steps: RenewalState[] }>;
}

/** What KMS asks of other services. */
export interface KmsClients {
  iam: Renewing & {
    /** Only asked for the account that the installation belongs to. */
    DescribeAccounts(input: {
      AccountIds: string[];
      Emails: string[];
    }): Promise<{ ManagementAccountId?: string | undefined }>;
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
    /** Unique ids of the principals that exist, in any order; `arn:aws:iam::<account>:root` answers the account id. */
    ResolvePrincipals(input: { Arns: string[] }): Promise<{ Principals: { Arn: string; PrincipalId: string }[] }>;
  };
  ccms: Renewing;
  pca: Renewing;
  audit: Renewing;
}

export interface KmsDeps {
  store: Store<KmsTables>;
  hsm: Hsm;
  clients: KmsClients;
  clock: Clock;
  ids: Ids;
  log: Logger;
  directory: PrincipalDirectory;
  organization: OrganizationView;
  pages: PageTokens;
  settings: ServiceSettings;
  keys: KeyCache;
  tenants: TenantKeys<KmsTables>;
  grants: Grants;
  grantTokens: GrantTokens;
  guard: RowGuard;
  follower: ChangeFollower;
  /** For what happens without a request: the destruction of a key when its time is over. */
  recorder: Recorder;
}
