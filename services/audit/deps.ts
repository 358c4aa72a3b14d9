/** What the operations and jobs of the audit service receive. */

import type { Hsm } from '../../hsm/port.ts';
import type { Recorder } from '../../platform/audit/recorder.ts';
import type { OrganizationView } from '../../platform/authz/organization.ts';
import type { ObjectStore } from '../../platform/objects/index.ts';
import type { Logger } from '../../platform/observe/log.ts';
import { implementFor } from '../../platform/runtime/call.ts';
import type { GrowingNumber } from '../../platform/runtime/growing-number.ts';
import type { Ids } from '../../platform/runtime/ids.ts';
import type { PageTokens } from '../../platform/runtime/page-token.ts';
import type { Store } from '../../platform/store/index.ts';
import type { RowGuard } from '../../platform/store/row-guard.ts';
import type { TenantKeys } from '../../platform/store/tenant-keys.ts';
import type { Checkpointer } from './checkpoint/checkpointer.ts';
import type { Restores } from './checkpoint/restores.ts';
import type { Witnesses } from './checkpoint/witnesses.ts';
import type { Sequencer } from './sequencer/sequencer.ts';
import type { AuditDatabase } from './store/schema.ts';

/** What the audit service asks of other services. */
export interface AuditClients {
  iam: {
    /** Only asked for the account that the installation belongs to. */
    DescribeAccounts(input: {
      AccountIds: string[];
      Emails: string[];
    }): Promise<{ ManagementAccountId?: string | undefined }>;
  };
}

export interface AuditDeps {
  store: Store<AuditDatabase>;
  sequencer: Sequencer;
  checkpointer: Checkpointer;
  restores: Restores;
  witnesses: Witnesses;
  hsm: Hsm;
  clients: AuditClients;
  pages: PageTokens;
  /** The size of the log, for those who wait for records. */
  tip: GrowingNumber;
  clock: { now(): number };
  ids: Ids;
  log: Logger;
  guard: RowGuard;
  tenants: TenantKeys<AuditDatabase>;
  organization: Pick<OrganizationView, 'snapshot'>;
  /** For what happens without a request. */
  recorder: Recorder;
  /** A name that no log had. */
  newOrigin(): string;
  exports: ExportSettings;
}

export interface ExportSettings {
  /** Where exports may connect to: CIDR ranges; empty: everywhere but this machine and link-local addresses. */
  networks: readonly string[];
  /** Archives that the installation names. */
  stores: ReadonlyMap<string, ObjectStore>;
  /** Of this installation, as receivers see it. */
  hostname: string;
  region: string;
  partition: string;
}

export const implement = implementFor<AuditDeps>();
