/**
 * Grants (spec kms 3.7): what one may say, which requests it covers, and what of it may be passed on. A grant only
 * allows: whether it counts is decided after every deny.
 */
import { createHash } from 'node:crypto';
import { canonicalRow } from '../../../platform/contract/canonical-row.ts';
import { GRANT_OPERATIONS, type GrantOperation } from '../api/grants.ts';
import type { KeyUsage } from '../api/shapes.ts';
import { canonicalContext, contextProblem, type EncryptionContext } from './canonical.ts';
import { MAX_CONSTRAINT_PAIRS, MAX_CONSTRAINT_VALUE } from './limits.ts';

export interface GrantConstraints {
  EncryptionContextSubset?: EncryptionContext | undefined;
  EncryptionContextEquals?: EncryptionContext | undefined;
  SourceArn?: string | undefined;
}

/** What a grant lets its grantee do. */
export interface GrantTerms {
  operations: readonly GrantOperation[];
  constraints: GrantConstraints;
}

export interface GrantRow {
  /** 64 hexadecimal digits. */
  grant_id: string;
  key_id: string;
  /** Of the key. */
  account_id: string;
  name: string | null;
  grantee: string;
  /** Unique id the name had when the grant was made: a principal made anew under the name is somebody else. */
  grantee_id: string;
  retiring: string | null;
  retiring_id: string | null;
  issuing_account: string;
  /** JSON list, sorted. */
  operations: string;
  /** JSON. */
  constraints: string;
  created_at: number;
  /** What a repeated request with a name is recognised by; null without a name. */
  same_as: string | null;
  row_mac: Buffer;
}

export function grantRowBytes(row: Omit<GrantRow, 'row_mac'>): Buffer {
  return canonicalRow('grant', [
    row.grant_id,
    row.key_id,
    row.account_id,
    row.name,
    row.grantee,
    row.grantee_id,
    row.retiring,
    row.retiring_id,
    row.issuing_account,
    row.operations,
    row.constraints,
    row.created_at,
    row.same_as,
  ]);
}

export function termsOf(row: Pick<GrantRow, 'operations' | 'constraints'>): GrantTerms {
  return { operations: JSON.parse(row.operations), constraints: JSON.parse(row.constraints) };
}

export function isGrantId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The same for requests that ask for the same grant, in whatever order they name its parts. */
export function sameAs(row: Omit<GrantRow, 'row_mac' | 'same_as' | 'grant_id' | 'created_at'>): string | null {
  if (row.name === null) return null;
  const { constraints } = termsOf(row);
  const contexts = [constraints.EncryptionContextEquals, constraints.EncryptionContextSubset];
  const bytes = canonicalRow('same-grant', [
    row.key_id,
    row.name,
    row.grantee_id,
    row.grantee,
    row.retiring,
    row.retiring_id,
    row.issuing_account,
    row.operations,
    ...contexts.map((context) => (context === undefined ? null : canonicalContext(context))),
    constraints.SourceArn ?? null,
  ]);
  return createHash('sha256').update(bytes).digest('hex');
}

const OF_EVERY_KEY: readonly GrantOperation[] = ['CreateGrant', 'RetireGrant', 'DescribeKey'];
const CIPHER: readonly GrantOperation[] = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'];
const SYMMETRIC: readonly GrantOperation[] = [
  ...CIPHER,
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
];
const BY_USAGE: Readonly<Record<KeyUsage, readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: [...CIPHER, 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
};

/** Why these terms make no sense for a key, or undefined. */
export function termsProblem(terms: GrantTerms, key: { spec: string; usage: KeyUsage }): string | undefined {
  const isSymmetric = key.spec === 'SYMMETRIC_DEFAULT';
  const possible = [...OF_EVERY_KEY, ...(isSymmetric ? SYMMETRIC : BY_USAGE[key.usage])];
  const impossible = terms.operations.find((operation) => !possible.includes(operation));
  if (impossible)
    return `grant operation ${impossible} is not possible with a key of spec ${key.spec} and usage ${key.usage}`;
  const contexts = contextsOf(terms.constraints);
  if (contexts.length > 0 && !isSymmetric)
    return 'encryption context constraints are for symmetric encryption keys only';
  for (const context of contexts) {
    const values = Object.values(context);
    if (values.length > MAX_CONSTRAINT_PAIRS) return `a grant constraint has at most ${MAX_CONSTRAINT_PAIRS} pairs`;
    if (values.some((value) => value.length > MAX_CONSTRAINT_VALUE))
      return `a value in a grant constraint has at most ${MAX_CONSTRAINT_VALUE} characters`;
    const problem = contextProblem(context);
    if (problem) return problem;
  }
  return undefined;
}

function contextsOf({ EncryptionContextEquals, EncryptionContextSubset }: GrantConstraints): EncryptionContext[] {
  return [EncryptionContextEquals, EncryptionContextSubset].filter((context) => context !== undefined);
}

/** What of a request grants look at. */
export interface GrantQuestion {
  /** `kms:Decrypt` */
  action: string;
  context: EncryptionContext;
  sourceArn?: string | undefined;
  /** CreateGrant: what is to be passed on. */
  child?: GrantTerms | undefined;
}

const ACTIONS: ReadonlyMap<string, GrantOperation> = new Map(GRANT_OPERATIONS.map((name) => [`kms:${name}`, name]));
/** Operations without an encryption context: constraints on it have no say. */
const WITHOUT_CONTEXT: ReadonlySet<GrantOperation> = new Set([
  'DescribeKey',
  'RetireGrant',
  'CreateGrant',
  'GetPublicKey',
]);

/** Whether any grant can be about this action. */
export function isGrantable(action: string): boolean {
  return ACTIONS.has(action);
}

/** Whether a grant with these terms allows its grantee the request. */
export function covers(terms: GrantTerms, question: GrantQuestion): boolean {
  const operation = ACTIONS.get(question.action);
  if (operation === undefined || !terms.operations.includes(operation)) return false;
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn } = terms.constraints;
  if (SourceArn !== undefined && SourceArn !== question.sourceArn) return false;
  // Who may pass on must pass on no more than what he has.
  if (operation === 'CreateGrant') return question.child !== undefined && isWithin(question.child, terms);
  if (WITHOUT_CONTEXT.has(operation)) return true;
  if (equals !== undefined && !isSame(equals, question.context)) return false;
  return subset === undefined || isPartOf(subset, question.context);
}

/** Whether a child grant allows no operation and no request that its parent does not. */
export function isWithin(child: GrantTerms, parent: GrantTerms): boolean {
  if (!child.operations.every((operation) => parent.operations.includes(operation))) return false;
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn } = parent.constraints;
  const own = child.constraints;
  if (SourceArn !== undefined && own.SourceArn !== SourceArn) return false;
  const exact = own.EncryptionContextEquals;
  if (equals !== undefined && !(exact && isSame(equals, exact))) return false;
  if (subset === undefined) return true;
  return contextsOf(own).some((context) => isPartOf(subset, context));
}

function isSame(a: EncryptionContext, b: EncryptionContext): boolean {
  return Object.keys(a).length === Object.keys(b).length && isPartOf(a, b);
}

function isPartOf(part: EncryptionContext, whole: EncryptionContext): boolean {
  return Object.keys(part).every((name) => Object.hasOwn(whole, name) && whole[name] === part[name]);
}
