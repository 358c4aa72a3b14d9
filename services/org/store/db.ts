import type { Kysely, Selectable, Transaction } from 'kysely';
import type {
  AccountTable,
  AttachmentTable,
  CreationTable,
  HandshakeTable,
  NodeTable,
  OrganizationTable,
  OrgDb,
  PolicyTable,
} from './schema.ts';

/** Reads work on committed rows and inside a transaction alike. */
export type Db = Kysely<OrgDb>;
export type Tx = Transaction<OrgDb>;

export type OrganizationRow = Selectable<OrganizationTable>;
export type NodeRow = Selectable<NodeTable>;
export type AccountRow = Selectable<AccountTable>;
export type CreationRow = Selectable<CreationTable>;
export type PolicyRow = Selectable<PolicyTable>;
export type AttachmentRow = Selectable<AttachmentTable>;
export type HandshakeRow = Selectable<HandshakeTable>;

/** One page of a list: rows above `after` in the order of its key, one more than asked for when there are more. */
export interface Range {
  after: string | undefined;
  limit: number;
}

export async function count(rows: Promise<{ n: number | string | bigint }>): Promise<number> {
  return Number((await rows).n);
}
