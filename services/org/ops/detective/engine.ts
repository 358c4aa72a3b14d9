/**
 * What every operation of the detective engine starts from: the shipped library, and the rulebook as it is now. The
 * rulebook is kept while neither rules nor organization have changed; names and tags of accounts, which move no
 * revision, are at most half a minute old.
 */
import { readShippedDetective, readShippedPacks, readShippedTypes } from '../../../../policies/baselines/files.ts';
import { readShippedGuardrails } from '../../../../policies/guardrails/files.ts';
import type { Guardrail } from '../../../../policies/guardrails/guardrail.ts';
import type { RuleException } from '../../domain/detective/exceptions.ts';
import type { DetectiveLimits } from '../../domain/detective/limits.ts';
import { type CustomerRule, type Library, Rulebook } from '../../domain/detective/rulebook.ts';
import type { Db } from '../../store/db.ts';
import { readPlaces } from '../../store/detective/places.ts';
import { allPacks, allRules, allTypes, exceptionsInForce, rulesVersion } from '../../store/detective/rules.ts';
import type { ConfigExceptionTable, ConfigRuleTable } from '../../store/detective/tables.ts';

const MAX_AGE_MS = 30_000;

export class Detective {
  readonly library: Library;
  readonly preventive: ReadonlyMap<string, Guardrail>;
  readonly limits: DetectiveLimits;
  private kept: { rules: number; organization: number; at: number; book: Rulebook } | undefined;

  constructor(limits: DetectiveLimits) {
    const guardrails = readShippedDetective();
    this.library = { guardrails, packs: readShippedPacks(guardrails), types: readShippedTypes() };
    this.preventive = readShippedGuardrails();
    this.limits = limits;
  }

  /** `db`: a transaction sees what it has written itself. */
  async rulebook(db: Db, now: number): Promise<Rulebook> {
    const rules = await rulesVersion(db);
    const { v } = await db.selectFrom('global_version').select('v').where('id', '=', 1).executeTakeFirstOrThrow();
    const { kept } = this;
    if (kept?.rules === rules && kept.organization === v && now - kept.at < MAX_AGE_MS) return kept.book;
    const book = await this.read(db, now);
    this.kept = { rules, organization: v, at: now, book };
    return book;
  }

  /** For a transaction that has changed rules itself: what may yet be abandoned is not kept. */
  uncommitted(db: Db, now: number): Promise<Rulebook> {
    return this.read(db, now);
  }

  /** Rules were changed here: the next question reads them. */
  forget(): void {
    this.kept = undefined;
  }

  private async read(db: Db, now: number): Promise<Rulebook> {
    const [packs, rules, types, exceptions, places] = [
      await allPacks(db),
      await allRules(db),
      await allTypes(db),
      await exceptionsInForce(db, now),
      await readPlaces(db),
    ];
    return new Rulebook({
      library: this.library,
      places,
      packs: packs.map((row) => ({
        name: row.pack_name,
        target: row.target_id,
        parameters: JSON.parse(row.parameters) as Record<string, CustomerRule['parameters']>,
      })),
      rules: rules.map(customerRule),
      types: types.map((row) => ({ accountId: row.account_id, type: row.type, freshnessHours: row.freshness_hours })),
      exceptions: exceptions.map(ruleException),
      freshnessHours: this.limits.freshnessHours,
    });
  }
}

export function customerRule(row: ConfigRuleTable): CustomerRule {
  return {
    id: row.rule_id,
    target: row.target_id,
    severity: row.severity,
    types: JSON.parse(row.types) as string[],
    expression: row.expression,
    message: row.message,
    parameters: JSON.parse(row.parameters) as CustomerRule['parameters'],
  };
}

function ruleException(row: ConfigExceptionTable): RuleException {
  const scopes = {
    resource: { kind: 'resource', arn: row.scope_id },
    account: { kind: 'account', accountId: row.scope_id },
    unit: { kind: 'unit', unitId: row.scope_id },
  } as const;
  return { id: row.exception_id, ruleId: row.rule_id, scope: scopes[row.scope_kind], expiresAt: row.expires_at };
}
