/** Who reads a value, as the log of readers has it. */
import type { VersionRead } from '../domain/rotation/readers.ts';
import type { AnyCall } from './secret-access.ts';

/** Undefined: the vault itself reads, for a rotation or a target, and keeps nothing. */
export function readBy(
  { caller, origin }: AnyCall,
  grantIds: readonly string[] = [],
  maxCacheSeconds?: number,
): VersionRead | undefined {
  if (origin.via === 'ccms' && origin.sourceArn !== undefined) return undefined;
  return { readerId: caller.entityId ?? caller.principalId, readerArn: caller.arn, grantIds, maxCacheSeconds };
}
