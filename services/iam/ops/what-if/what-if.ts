import { DecisionReader } from '../../../../platform/contract/decision-form.ts';
import type { AnyOperation, InputOf, OutputOf } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import type { auditOperations } from '../../../audit/api/index.ts';
import { WhatIf } from '../../api/what-if.ts';
import type { IamDeps } from '../../deps.ts';
import { statementName } from '../../domain/explanation.ts';
import type { RecordedDecision, RecordedSetting } from '../../domain/replay/recorded.ts';
import { type Replayed, Replayer } from '../../domain/replay/replayer.ts';
import { Tally, type Totals } from '../../domain/replay/tally.ts';
import { ofManagement } from '../accounts/management.ts';
import { implement } from '../implement.ts';
import { PolicyLibrary } from './policy-library.ts';
import { isAboveAccount, readChanges } from './read-changes.ts';

type Input = InputOf<typeof WhatIf>;
type Page = OutputOf<typeof auditOperations.ReadDecisions>;

const WEEK_MS = 7 * 86_400_000;
/** One answer: what is read and decided before it, and for how long at the most. */
const MOST_DECISIONS = 250_000;
const MOST_MS = 2_000;
/** Decided in one go, without giving way to others. */
const RECORDS_PER_READ = 500;
const MOST_UNKNOWN_SHOWN = 100;

/** How far a replay has come. The window stays as it was when it began. */
interface Place {
  start: number;
  end: number;
  account: number;
  after?: { Time: number; Sequence: number };
  totals?: Totals;
}

export const whatIf = implement(WhatIf, {
  async resolve(call, input, deps) {
    const { accountId } = call.caller;
    const isAbroad = (input.AccountIds ?? []).some((id) => id !== accountId);
    const isAbove = input.Changes.some((change) => isAboveAccount(change, accountId));
    const targets = isAbroad || isAbove ? (await ofManagement(deps)).targets : [{ resource: '*' }];
    const members = call.organization.memberIds();
    const stranger = input.AccountIds?.find((id) => id !== accountId && !members.includes(id));
    return {
      targets,
      // Guardrails also bind uses of resources of other members, and those stand in the streams of the owners.
      state: isAbove && members.length > 0 ? members : [accountId],
      ...(stranger !== undefined && { absent: call.fail('NotFound', `account ${stranger} does not exist`) }),
    };
  },
  async run(call, input, defaultAccounts, deps) {
    const accounts = [...new Set(input.AccountIds ?? defaultAccounts)].sort();
    const { place, seal } = openPlace(deps, call, input, accounts);
    const library = new PolicyLibrary(deps, call.organization);
    const replayer = new Replayer(await readChanges(call, deps, input.Changes), library);
    const limit = input.MaxItems ?? WhatIf.pagination?.defaultLimit ?? 100;
    const reader = new DecisionReader();
    const part = new Part(place, accounts, limit);
    while (!part.isOver()) {
      const page = await deps.clients.audit.ReadDecisions({
        AccountId: accounts[place.account] as string,
        StartTime: place.start,
        EndTime: place.end,
        After: place.after,
        Limit: RECORDS_PER_READ,
      });
      await library.load(reader.learn(page.Settings));
      part.take(page, reader, replayer);
    }
    const answer = part.answer();
    return { ...answer, IsTruncated: !answer.Progress.Done, ...(!answer.Progress.Done && { Marker: seal(place) }) };
  },
});

function openPlace(deps: IamDeps, call: Call<AnyOperation>, input: Input, accounts: readonly string[]) {
  const { Marker, MaxItems: _, ...filters } = input;
  // The accounts are part of what is asked: where members come and go between two parts, the replay begins again.
  const scope = { accountId: call.caller.accountId, operation: WhatIf.name, filters: { ...filters, accounts } };
  const seal = (place: Place) => deps.pages.seal(scope, place);
  if (Marker !== undefined) {
    const place = deps.pages.open<Place>(scope, Marker);
    if (place) return { place, seal };
    throw call.fail('Validation', 'Marker does not belong to this question', {
      hint: 'begin again without Marker, and change nothing between the parts',
    });
  }
  const end = input.EndTime ?? call.now;
  const place: Place = { start: input.StartTime ?? end - WEEK_MS, end, account: 0 };
  if (place.start <= place.end) return { place, seal };
  const message = 'the window ends before it begins';
  throw call.fail('Validation', message, { details: { issues: [{ path: ['EndTime'], rule: 'custom', message }] } });
}

/** One answer: decisions are taken until it is full, has cost enough, or everything is read. */
class Part {
  private readonly place: Place;
  private readonly accounts: readonly string[];
  private readonly limit: number;
  private readonly tally: Tally;
  private readonly flips: ReturnType<typeof showFlip>[] = [];
  private readonly unknown: ReturnType<typeof showUnknown>[] = [];
  private readonly began = performance.now();
  private looked = 0;

  constructor(place: Place, accounts: readonly string[], limit: number) {
    this.place = place;
    this.accounts = accounts;
    this.limit = limit;
    this.tally = new Tally(place.totals);
  }

  isOver(): boolean {
    const isFull = this.flips.length >= this.limit || this.looked >= MOST_DECISIONS;
    return this.place.account >= this.accounts.length || isFull || performance.now() - this.began > MOST_MS;
  }

  /** All decisions of one record are taken together: the next part begins behind a record. */
  take(page: Page, reader: DecisionReader, replayer: Replayer): void {
    const AccountId = this.accounts[this.place.account] as string;
    for (const record of page.Records) {
      if (this.flips.length >= this.limit) return;
      for (const decision of reader.read(record))
        this.count(decision, decision.setting, replayer.replay(decision, decision.setting), AccountId);
      this.place.after = record.Position;
    }
    if (page.Next) {
      this.place.after = page.Next;
      return;
    }
    this.place.account++;
    delete this.place.after;
  }

  private count(recorded: RecordedDecision, setting: RecordedSetting, replayed: Replayed, accountId: string): void {
    this.looked++;
    this.tally.count(recorded, setting, replayed);
    if (replayed.kind === 'flips') this.flips.push(showFlip(recorded, setting, replayed, accountId));
    if (replayed.kind === 'unknown' && this.unknown.length < MOST_UNKNOWN_SHOWN)
      this.unknown.push(showUnknown(recorded, setting, replayed, accountId));
  }

  answer() {
    const { place, accounts, tally } = this;
    place.totals = tally.totals;
    const Done = place.account >= accounts.length;
    const reached = place.after ? (place.after.Time - place.start) / Math.max(1, place.end - place.start) : 0;
    return {
      Flips: this.flips,
      Unknown: this.unknown,
      ByPrincipal: tally.byPrincipal(),
      ByAction: tally.byAction(),
      Totals: tally.totals,
      Progress: {
        StartTime: place.start,
        EndTime: place.end,
        ...(!Done && { AccountId: accounts[place.account] as string }),
        ...(place.after && { Time: place.after.Time }),
        AccountsDone: place.account,
        Accounts: accounts.length,
        Percent: Done ? 100 : Math.min(99, Math.floor((100 * (place.account + reached)) / accounts.length)),
        Done,
      },
    };
  }
}

function about(recorded: RecordedDecision, { Principal }: RecordedSetting, AccountId: string) {
  return {
    EventId: recorded.EventId,
    Time: recorded.Position.Time,
    AccountId,
    Principal: Principal.Arn ?? '',
    Action: recorded.Action,
    Resource: recorded.Resource,
  };
}

function showFlip(
  recorded: RecordedDecision,
  setting: RecordedSetting,
  { decision }: Extract<Replayed, { kind: 'flips' }>,
  AccountId: string,
) {
  const { layer, level, matched } = decision;
  const wasAllowed = recorded.Effect === 'allow';
  return {
    ...about(recorded, setting, AccountId),
    EventName: recorded.EventName,
    Was: wasAllowed ? ('Allow' as const) : ('Deny' as const),
    Becomes: wasAllowed ? ('Deny' as const) : ('Allow' as const),
    ...(layer && { Layer: layer }),
    ...(level && { Level: { Id: level.id, Name: level.name } }),
    Statements: matched.filter(({ policyArn }) => policyArn !== 'gone').map(statementName),
  };
}

function showUnknown(
  recorded: RecordedDecision,
  setting: RecordedSetting,
  { missing }: Extract<Replayed, { kind: 'unknown' }>,
  AccountId: string,
) {
  return { ...about(recorded, setting, AccountId), Missing: [...missing] };
}
