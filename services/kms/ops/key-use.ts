/** What all operations that use a key check, in one order, and how the context reaches policies and ciphertexts. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Call } from '../../../platform/runtime/call.ts';
import type { EncryptionAlgorithm, KeyUsage } from '../api/shapes.ts';
import { contextProblem, type EncryptionContext } from '../domain/canonical.ts';
import { messageAad } from '../domain/ciphertext.ts';
import { fits } from '../domain/key-algorithms.ts';
import { type KeyOperation, stateProblem } from '../domain/key-state.ts';
import type { Condition, KeyRecord } from '../store/key-record.ts';

type AnyCall = Call<AnyOperation>;

export const ALGORITHM = 'SYMMETRIC_DEFAULT' as const;

export function requireState(call: AnyCall, operation: KeyOperation, record: KeyRecord): void {
  const problem = stateProblem(operation, record.row.state, record.arn);
  if (problem) throw call.fail(problem.code, problem.message, { hint: 'DescribeKey shows the state of the key' });
}

interface KeyUse {
  /** Checked when the key is looked up (key-access.ts). */
  GrantTokens?: readonly string[] | undefined;
  EncryptionAlgorithm?: string | undefined;
  SigningAlgorithm?: string | undefined;
  MacAlgorithm?: string | undefined;
}

/** All others encrypt or decrypt. */
const USAGE: Partial<Record<KeyOperation, KeyUsage>> = {
  Sign: 'SIGN_VERIFY',
  Verify: 'SIGN_VERIFY',
  GenerateMac: 'GENERATE_VERIFY_MAC',
  VerifyMac: 'GENERATE_VERIFY_MAC',
};

/** State, usage and algorithm: everything but the bytes. */
export function requireUsable(call: AnyCall, operation: KeyOperation, record: KeyRecord, use: KeyUse): void {
  requireState(call, operation, record);
  const { usage, spec } = record.row;
  if (usage !== (USAGE[operation] ?? 'ENCRYPT_DECRYPT')) {
    throw call.fail('InvalidKeyUsage', `${record.arn} key usage is ${usage} which is not valid for ${operation}.`);
  }
  const algorithm = use.SigningAlgorithm ?? use.MacAlgorithm ?? use.EncryptionAlgorithm ?? ALGORITHM;
  if (!fits(record.row, algorithm)) {
    throw call.fail('InvalidKeyUsage', `Algorithm ${algorithm} is incompatible with key spec ${spec}.`);
  }
}

/** A dry run that got here would have succeeded, and says so as an error. */
export function endDryRun(call: AnyCall, isDryRun: boolean | undefined): void {
  if (isDryRun) {
    throw call.fail('DryRunOperation', 'The request would have succeeded, but the DryRun option is set.');
  }
}

export function requireContext(call: AnyCall, context: EncryptionContext | undefined): void {
  const problem = contextProblem(context);
  if (problem !== undefined) throw call.fail('Validation', problem);
}

/** The context and the algorithm as condition keys. */
export function contextConditions(
  context: EncryptionContext | undefined,
  algorithm: EncryptionAlgorithm = ALGORITHM,
): Condition[] {
  const conditions: Condition[] = [['kms:EncryptionAlgorithm', algorithm]];
  const names = context === undefined ? [] : Object.keys(context);
  if (context === undefined || names.length === 0) return conditions;
  conditions.push(['kms:EncryptionContextKeys', names]);
  for (const name of names) conditions.push([`kms:EncryptionContext:${name}`, context[name]!]);
  return conditions;
}

/** Header and AAD of a message under the current material. */
export function newMessage(record: KeyRecord, context: EncryptionContext | undefined) {
  return { header: record.current.header, aad: messageAad(record.ownerAad, context) };
}

/** What the caller gets: header, then what the HSM sealed. */
export function ciphertextBlob(record: KeyRecord, sealed: Buffer): Buffer {
  return Buffer.concat([record.current.header, sealed], record.current.header.length + sealed.length);
}
