/** What the rules say, and the score made of it. */
import { GetConfigScore, ListConfigVerdicts } from '../../api/config-verdicts.ts';
import { type ShownVerdict, type StoredVerdict, shownVerdict } from '../../domain/detective/exceptions.ts';
import { addTally, emptyTally, type Severity, scoreOf, type Tally, WEIGHTS } from '../../domain/detective/score.ts';
import type { ConfigVerdictTable } from '../../store/detective/tables.ts';
import { listVerdicts, tallies, type VerdictPlace } from '../../store/detective/verdicts.ts';
import { implement } from '../implement.ts';
import { filterPage, openAt, slicePage } from './pages.ts';
import { asViewer, chosenAccounts } from './reach.ts';
import { showVerdict } from './show.ts';

/** What the database says of a shown verdict: exempt ones are stored as what the rule says. */
const STORED: Readonly<Record<ShownVerdict, StoredVerdict>> = {
  COMPLIANT: 'COMPLIANT',
  NON_COMPLIANT: 'NON_COMPLIANT',
  INSUFFICIENT_DATA: 'INSUFFICIENT_DATA',
  EXEMPT: 'NON_COMPLIANT',
};

export const listConfigVerdicts = implement(ListConfigVerdicts, {
  resolve: (call, _input, deps) => asViewer(call, deps),
  async run(call, input, viewer, deps) {
    const { MaxResults: _, NextToken: __, ...filters } = input;
    const page = openAt<VerdictPlace>(deps, call, input, filters);
    const chosen = new Set(chosenAccounts(call, viewer, input));
    if (chosen.size === 0) return { Verdicts: [] };
    const stored = {
      account: chosen.size === 1 ? [...chosen][0] : undefined,
      rule: input.RuleId,
      verdict: input.Verdict && STORED[input.Verdict],
    };
    const { rows, ...next } = await filterPage<ConfigVerdictTable, VerdictPlace>(
      page,
      (after, limit) => listVerdicts(deps.store.read, stored, after, limit),
      (row) => ({ account: row.account_id, arn: row.arn, rule: row.rule_id }),
      (row) =>
        chosen.has(row.account_id) &&
        (input.Severity === undefined || row.severity === input.Severity) &&
        (input.ResourceType === undefined || row.type === input.ResourceType) &&
        (input.Verdict === undefined || shownVerdict(row.verdict, row.exempt_until, call.now) === input.Verdict),
    );
    return { Verdicts: rows.map((row) => showVerdict(row, call.now)), ...next };
  },
});

type BySeverity = Record<Severity, Tally>;

export const getConfigScore = implement(GetConfigScore, {
  resolve: (call, _input, deps) => asViewer(call, deps),
  async run(call, input, viewer, deps) {
    const filters = { account: input.AccountId, unit: input.UnitId };
    const page = openAt<string>(deps, call, input, filters);
    const chosen = chosenAccounts(call, viewer, input);
    const found = await tallies(deps.store.read, chosen, call.now);
    const total = emptyTally();
    for (const tally of found.values()) addTally(total, tally);
    const { rows, ...next } = slicePage(page, chosen, (id) => id);
    return {
      Total: showTally(total),
      BySeverity: (Object.keys(WEIGHTS) as Severity[]).map((severity) => ({
        Severity: severity,
        Tally: showTally({ ...emptyTally(), [severity]: total[severity] }),
      })),
      Accounts: rows.map((id) => ({ AccountId: id, Tally: showTally(found.get(id) ?? emptyTally()) })),
      ...next,
    };
  },
});

function showTally(tally: BySeverity) {
  const sum = (member: keyof Tally) => Object.values(tally).reduce((total, one) => total + one[member], 0);
  const { score, scoreWithoutExceptions } = scoreOf(tally);
  return {
    ...(score !== undefined && { Score: Math.round(score * 100) }),
    ...(scoreWithoutExceptions !== undefined && { ScoreWithoutExceptions: Math.round(scoreWithoutExceptions * 100) }),
    Compliant: sum('compliant'),
    NonCompliant: sum('nonCompliant'),
    Exempt: sum('exempt'),
    InsufficientData: sum('insufficient'),
  };
}
