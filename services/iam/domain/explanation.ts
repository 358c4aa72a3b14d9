/** The explanation of the evaluator with the texts that it rests on. Nothing is judged here. */
import type {
  CompiledPolicy,
  Decision,
  Explanation,
  LayerExplanation,
  Layers,
  PolicySet,
  StatementRef,
} from '../../../policies/engine/index.ts';

export function statementName(ref: StatementRef) {
  return {
    PolicyArn: ref.policyArn,
    ...(ref.enterpriseProjectId !== undefined && { EnterpriseProjectId: ref.enterpriseProjectId }),
    ...(ref.version !== undefined && { Version: ref.version }),
    ...(ref.policyName !== undefined && { PolicyName: ref.policyName }),
    ...(ref.sid !== undefined && { Sid: ref.sid }),
    Index: ref.statementIndex,
    Line: ref.line,
    Column: ref.column,
  };
}

/** Which layer decided, in the members that every answer about a decision has. */
export function verdictOf(decision: Decision, allowed: boolean) {
  const { layer, level, matched, reason } = decision;
  return {
    Decision: allowed ? ('Allow' as const) : ('Deny' as const),
    // Where the policies allow and the state of the owner does not.
    Reason: !allowed && reason === 'allow' ? ('implicit-deny' as const) : reason,
    ...(layer && (allowed || reason !== 'allow') && { Layer: layer }),
    ...(level && { Level: { Id: level.id, Name: level.name } }),
    Statements: matched.map(statementName),
  };
}

export function explainedLayers({ layers: explained }: Explanation, layers: Layers) {
  return explained.map((layer) => {
    const set = setOf(layer, layers);
    const places = new Map(set?.policies.flatMap((policy) => policy.statements.map((s) => [s.ref, policy] as const)));
    const show = (effect: 'Allow' | 'Deny') => (ref: StatementRef) => ({
      Effect: effect,
      ...statementName(ref),
      EndLine: ref.endLine,
      EndColumn: ref.endColumn,
      Text: textOf(ref, places.get(ref)),
    });
    return {
      Layer: layer.layer,
      ...(layer.level && { Level: { Id: layer.level.id, Name: layer.level.name } }),
      Outcome: layer.outcome,
      Policies: (set?.policies ?? []).map(policyName),
      Statements: [...layer.denies.map(show('Deny')), ...layer.allows.map(show('Allow'))],
      ...(layer.grantedTo && { GrantedTo: [...layer.grantedTo] }),
    };
  });
}

/** Each document once, whatever the number of its statements and levels. */
export function decidingDocuments({ layers: explained }: Explanation, layers: Layers) {
  const documents = new Map<string, { PolicyArn: string; Version?: string; Document: string }>();
  for (const layer of explained) {
    const deciding = new Set([...layer.denies, ...layer.allows]);
    for (const policy of setOf(layer, layers)?.policies ?? []) {
      if (!policy.statements.some(({ ref }) => deciding.has(ref))) continue;
      const name = policyName(policy);
      documents.set(`${name.PolicyArn}@${name.Version}`, { ...name, Document: policy.text });
    }
  }
  return [...documents.values()];
}

function policyName({ source: { arn, version } }: CompiledPolicy) {
  return { PolicyArn: arn, ...(version !== undefined && { Version: version }) };
}

function setOf({ layer, level }: LayerExplanation, layers: Layers): PolicySet | undefined {
  if (layer === 'scp' || layer === 'rcp') return layers[layer]?.find(({ id }) => id === level?.id)?.set;
  return layers[layer];
}

function textOf(ref: StatementRef, policy: CompiledPolicy | undefined): string {
  const statement = policy?.document.statements.find(({ index }) => index === ref.statementIndex);
  return policy && statement ? policy.text.slice(statement.offset, statement.end) : '';
}
