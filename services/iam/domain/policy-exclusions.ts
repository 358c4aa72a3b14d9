/** Which policies a simulation leaves out. */
import { buildPolicySet, type CompiledPolicy, type Level } from '../../../policies/engine/index.ts';
import { inlinePolicyName } from './names.ts';
import { sourceType } from './policy-source.ts';

export interface Exclusion {
  PolicyType?: 'inline' | 'aws-managed' | 'user-managed' | 'permission-boundary' | 'scp' | 'rcp' | undefined;
  PolicyArn?: string | undefined;
  InlinePolicyIdentifier?: { PolicyName: string; AttachmentType: string; AttachmentName: string } | undefined;
}

export function withoutExcluded(
  policies: readonly CompiledPolicy[],
  exclusions: readonly Exclusion[],
): readonly CompiledPolicy[] {
  return policies.filter((policy) => !exclusions.some((exclusion) => excludes(exclusion, policy)));
}

/** A level that loses all its policies allows nothing, as a real one would. */
export function levelsWithoutExcluded(
  levels: readonly Level[] | undefined,
  exclusions: readonly Exclusion[],
): readonly Level[] | undefined {
  return levels?.map((level) => ({
    ...level,
    set: buildPolicySet(withoutExcluded(level.set.policies, exclusions)),
  }));
}

/** A whole guardrail type that is left out binds nobody. */
export function excludesType(exclusions: readonly Exclusion[], type: NonNullable<Exclusion['PolicyType']>): boolean {
  return exclusions.some(({ PolicyType }) => PolicyType === type);
}

function excludes({ PolicyType, PolicyArn, InlinePolicyIdentifier }: Exclusion, { source }: CompiledPolicy): boolean {
  if (PolicyArn !== undefined) return source.arn === PolicyArn;
  if (InlinePolicyIdentifier) {
    const inline = inlinePolicyName(source.arn);
    return (
      inline !== undefined &&
      inline.owner === InlinePolicyIdentifier.AttachmentType &&
      inline.ownerName === InlinePolicyIdentifier.AttachmentName &&
      inline.name === InlinePolicyIdentifier.PolicyName
    );
  }
  if (source.kind !== 'identity') return false;
  const type = sourceType(source.arn);
  return PolicyType === (type === 'user' || type === 'group' || type === 'role' ? 'inline' : type);
}
