/**
 * What guardrails leave to an account. An action is asked twice of the evaluator: with every condition and resource of
 * a Deny taken as met and of an Allow as not met, and the other way round. Where both answers are the same, nothing
 * depends on who asks, for what and how.
 */
import {
  buildPolicySet,
  type CompiledPolicy,
  type CompiledStatement,
  compilePolicy,
  evaluate,
  explain,
  type Layers,
  type Level,
} from '../../../policies/engine/index.ts';
import { statementName } from './explanation.ts';

export type CeilingName = 'allowed' | 'denied' | 'conditional';
export type Guardrails = Pick<Layers, 'scp' | 'rcp'>;

const EVERYTHING = buildPolicySet([
  compilePolicy(
    { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
    { arn: 'arn:everything', kind: 'identity' },
  ),
]);

export class Ceiling {
  private readonly accountId: string;
  private readonly worst: Layers;
  private readonly best: Layers;

  constructor(accountId: string, guardrails: Guardrails) {
    this.accountId = accountId;
    this.worst = { ...rewritten(guardrails, 'Deny'), identity: EVERYTHING };
    this.best = { ...rewritten(guardrails, 'Allow'), identity: EVERYTHING };
  }

  of(action: string) {
    const { accountId } = this;
    const principal = { kind: 'user', arn: `arn:aws:iam::${accountId}:user/anybody`, accountId } as const;
    const request = { principal, action, resource: '*', resourceAccount: accountId, context: new Map() };
    const worst = evaluate(request, this.worst).effect;
    const best = evaluate(request, this.best).effect;
    const name: CeilingName = worst === best ? (worst === 'allow' ? 'allowed' : 'denied') : 'conditional';
    if (name === 'allowed') return { Ceiling: name, StoppedBy: [] };
    const certain = explain(request, this.best).layers;
    return {
      Ceiling: name,
      StoppedBy: explain(request, this.worst).layers.flatMap(({ layer, level, outcome, denies }, index) =>
        !level || outcome === 'allow'
          ? []
          : {
              Layer: layer,
              Level: { Id: level.id, Name: level.name },
              Outcome: outcome,
              Certain: certain[index]?.outcome !== 'allow',
              Statements: denies.map(statementName),
            },
      ),
    };
  }
}

/** Statements of the effect apply to everybody and everything; of the other effect only those remain that always do. */
function rewritten({ scp, rcp }: Guardrails, widened: 'Allow' | 'Deny'): Guardrails {
  const levels = (list: readonly Level[]) =>
    list.map((level) => ({ ...level, set: buildPolicySet(level.set.policies.map((p) => rewrite(p, widened))) }));
  return { ...(scp && { scp: levels(scp) }), ...(rcp && { rcp: levels(rcp) }) };
}

function rewrite(policy: CompiledPolicy, widened: 'Allow' | 'Deny'): CompiledPolicy {
  const kept = policy.statements.filter((statement) => statement.effect === widened || alwaysApplies(statement));
  return {
    ...policy,
    statements: kept.map((statement) => ({
      ...statement,
      resources: undefined,
      negatedResource: false,
      conditions: [],
    })),
  };
}

/** To everybody whose action it names. */
function alwaysApplies({ conditions, resources, negatedResource }: CompiledStatement): boolean {
  return conditions.length === 0 && !negatedResource && resources?.some(({ arn }) => arn === undefined) !== false;
}
