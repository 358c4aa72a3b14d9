/**
 * One recorded decision under a proposed change. See README.md for what is done about documents that are gone.
 */
import {
  type AuthorizationRequest,
  type CompiledPolicy,
  type Decision,
  Distinctions,
  evaluate,
  type Layers,
  mentionsAction,
  type PrincipalFacts,
} from '../../../../policies/engine/index.ts';
import { concerns, type ProposedChange, underChange } from './proposed-change.ts';
import { principalOf, type RecordedDecision, type RecordedSetting, requestOf } from './recorded.ts';
import { acrossBoundary, resourceLayers, trustOf } from './resource-policy.ts';
import {
  type Documents,
  type Entry,
  entriesOf,
  haveSameLayers,
  LayerMaker,
  SAYINGS,
  type Saying,
  type Stack,
  stackOf,
} from './stack.ts';

export type Replayed =
  /** The change does not touch it. */
  | { kind: 'untouched' }
  | { kind: 'same' }
  | { kind: 'flips'; decision: Decision }
  /** `missing`: what the record does not hold; nothing: something else than policies was at work. */
  | { kind: 'unknown'; missing: readonly string[] };

const UNTOUCHED: Replayed = { kind: 'untouched' };
const SAME: Replayed = { kind: 'same' };
/** Three sayings of two documents, and six of the resource, are tried; with more nothing is known. */
const MOST_COMBINATIONS = 60;
/** An action is the caller's own text: what a hostile one has made up is not all remembered. */
const MOST_ACTIONS = 10_000;
/** Of one replayer. */
const MOST_CALLERS = 10_000;
const MOST_ANSWERS = 500_000;
/** How `missing` calls the policy of the resource. */
export const RESOURCE_POLICY = 'resource-policy';

/** A caller under the stack of its records, with what this becomes by the changes that concern it (one bit each). */
interface Known {
  /** Undefined: no policies bind it. */
  principal: PrincipalFacts | undefined;
  isAsked: boolean;
  stack: Stack;
  since: number;
  gone: readonly Entry[];
  changed: Map<number, Changed>;
}

interface Changed {
  stack: Stack;
  /** Undefined: more than documents changes, or one that is gone: it may always matter. */
  documents: readonly CompiledPolicy[] | undefined;
  /** Of both stacks, so far as they are there: one that is gone says the same about every request. */
  both: ReadonlySet<CompiledPolicy>;
  actions: Map<string, ActionUnder>;
}

/** An action under a changed stack. */
interface ActionUnder {
  /** Whether a document that comes or goes has a say in it. */
  matters: boolean;
  /** What the documents of both stacks see of a request; made when the first one is judged. */
  distinctions: Distinctions | undefined;
  /** By what is seen of the request and by what was recorded. */
  answers: Map<string, Replayed>;
}

export class Replayer {
  private readonly changes: readonly ProposedChange[];
  private readonly documents: Documents;
  private readonly maker = new LayerMaker();
  private readonly callers = new WeakMap<RecordedSetting, Known>();
  /** Settings of one caller under one stack differ by their context alone. */
  private readonly callersByContent = new Map<string, Known>();
  private answers = 0;

  constructor(changes: readonly ProposedChange[], documents: Documents) {
    this.changes = changes;
    this.documents = documents;
  }

  /** Settings are known by identity: many decisions share one. */
  replay(recorded: RecordedDecision, setting: RecordedSetting): Replayed {
    const known = this.known(setting, recorded.Position.Time);
    const changed = this.changed(known, recorded, setting);
    if (changed.stack === known.stack || !known.principal) return UNTOUCHED;
    // The state of the owner's account denied, whatever the policies say.
    if (recorded.Reason === 'owner-state') return SAME;
    const action = actionUnder(changed, recorded.Action);
    if (!action.matters) return SAME;
    // A policy that was given with the question sees more of it than the stack does.
    if (recorded.Given?.ResourcePolicy !== undefined)
      return this.judge(recorded, known, changed.stack, requestOf(recorded, setting, known.principal));
    action.distinctions ??= new Distinctions(changed.both, recorded.Action);
    const request = requestOf(recorded, setting, known.principal, action.distinctions.keys);
    const key = `${action.distinctions.classOf(request)} ${recordedAnswer(recorded)} ${trustOf(recorded)}`;
    let answer = action.answers.get(key);
    if (!answer) {
      answer = this.judge(recorded, known, changed.stack, request);
      // What no document tells apart is judged once.
      if (this.answers++ < MOST_ANSWERS) action.answers.set(key, answer);
    }
    return answer;
  }

  private judge(recorded: RecordedDecision, known: Known, after: Stack, request: AuthorizationRequest): Replayed {
    const { stack: before, gone } = known;
    const { principal } = request;
    const resources = resourceLayers(recorded, known.isAsked, principal);
    const unknown = (): Replayed => ({
      kind: 'unknown',
      missing: [
        ...gone.map(({ name }) => name),
        ...(resources.some(({ isGuess }) => isGuess) ? [RESOURCE_POLICY] : []),
      ],
    });
    if (resources.length * 3 ** gone.length > MOST_COMBINATIONS) return unknown();

    const asked = withBoundary(request, before);
    const askedAfter = withBoundary(request, after);
    const sameCaller = asked.principal.hasBoundary === askedAfter.principal.hasBoundary;
    let found: Decision | undefined;
    for (const sayings of combinations(gone)) {
      const own = this.maker.layersOf(before, sayings);
      const changed = this.maker.layersOf(after, sayings);
      for (const resource of resources) {
        if (!isRecorded(evaluate(asked, withResource(own, resource)), recorded)) continue;
        for (const then of sameCaller
          ? [resource]
          : acrossBoundary(resource, principal, after.boundary !== undefined)) {
          const decision = evaluate(askedAfter, withResource(changed, then));
          if (decision.reason === 'error' || (found && found.effect !== decision.effect)) return unknown();
          found ??= decision;
        }
      }
    }
    if (!found) return unknown();
    return found.effect === recorded.Effect ? SAME : { kind: 'flips', decision: found };
  }

  private known(setting: RecordedSetting, at: number): Known {
    let known = this.callers.get(setting);
    if (known && known.since <= at) return known;
    const content = contentOf(setting);
    known = this.callersByContent.get(content);
    if (!known || known.since > at) {
      const { stack, since } = stackOf(setting, at, this.documents);
      const gone = entriesOf(stack).filter(({ policy }) => policy === undefined);
      known = { principal: principalOf(setting), isAsked: setting.Asked, stack, since, gone, changed: new Map() };
      if (since > at) return known;
      if (this.callersByContent.size < MOST_CALLERS) this.callersByContent.set(content, known);
    }
    this.callers.set(setting, known);
    return known;
  }

  private changed({ stack, changed }: Known, recorded: RecordedDecision, setting: RecordedSetting): Changed {
    let bits = 0;
    for (let index = 0; index < this.changes.length; index++)
      if (concerns(this.changes[index] as ProposedChange, stack, recorded, setting)) bits |= 1 << index;
    let known = changed.get(bits);
    if (!known) {
      let after = stack;
      for (const [index, change] of this.changes.entries())
        if (bits & (1 << index)) after = underChange(after, change, `proposed ${index}`) ?? after;
      known = { stack: after, documents: differing(stack, after), both: documentsOf(stack, after), actions: new Map() };
      changed.set(bits, known);
    }
    return known;
  }
}

/** Documents that one of the stacks has and the other has not. */
function differing(before: Stack, after: Stack): CompiledPolicy[] | undefined {
  if (!haveSameLayers(before, after)) return undefined;
  const [old, changed] = [new Set(entriesOf(before)), new Set(entriesOf(after))];
  const entries = [...old, ...changed].filter((entry) => !old.has(entry) || !changed.has(entry));
  const documents = entries.flatMap(({ policy }) => policy ?? []);
  return documents.length === entries.length ? documents : undefined;
}

function actionUnder({ documents, actions }: Changed, action: string): ActionUnder {
  let under = actions.get(action);
  if (!under) {
    // Documents that say nothing about an action change no decision about it.
    const matters = documents?.some((policy) => mentionsAction(policy, action)) ?? true;
    under = { matters, distinctions: undefined, answers: new Map() };
    if (actions.size < MOST_ACTIONS) actions.set(action, under);
  }
  return under;
}

function documentsOf(before: Stack, after: Stack): Set<CompiledPolicy> {
  return new Set([...entriesOf(before), ...entriesOf(after)].flatMap(({ policy }) => policy ?? []));
}

/** With its reason, layer and level. */
function recordedAnswer({ Effect, Reason, Layer, Level, Given }: RecordedDecision): string {
  return `${Effect} ${Reason} ${Layer} ${Level?.Id} ${Given !== undefined}`;
}

/** Everything but the context. */
function contentOf(setting: RecordedSetting): string {
  const { Principal, Issuer, Asked, AccountId, Policies, PrincipalLevels, ResourceLevels } = setting;
  const { Type, Arn, AccountId: account, PrincipalId } = Principal;
  return JSON.stringify([
    [Type, Arn ?? null, account ?? null, PrincipalId ?? null],
    Issuer ?? null,
    Asked,
    AccountId,
    Policies,
    PrincipalLevels ?? null,
    ResourceLevels ?? null,
  ]);
}

function withBoundary(request: AuthorizationRequest, { boundary }: Stack): AuthorizationRequest {
  return boundary ? { ...request, principal: { ...request.principal, hasBoundary: true } } : request;
}

function withResource(layers: Layers, resource: Pick<Layers, 'resource' | 'resourceTrust'>): Layers {
  return { ...layers, ...resource };
}

/** Whether it is the recorded answer, with its reason, layer and level. */
function isRecorded(decision: Decision, recorded: RecordedDecision): boolean {
  const { Effect, Reason, Layer, Level } = recorded;
  return (
    decision.effect === Effect &&
    decision.reason === Reason &&
    (Layer === undefined || decision.layer === Layer) &&
    (Level === undefined || decision.level?.id === Level.Id)
  );
}

/** Everything that documents which are gone may have said together. */
function combinations(gone: readonly Entry[]): Iterable<ReadonlyMap<Entry, Saying>> {
  return gone.length === 0 ? NOTHING_GONE : assignments(gone);
}

const NOTHING_GONE = [new Map<Entry, Saying>()];

function* assignments(gone: readonly Entry[]): Generator<ReadonlyMap<Entry, Saying>> {
  const total = SAYINGS.length ** gone.length;
  for (let number = 0; number < total; number++) {
    let rest = number;
    const sayings = new Map<Entry, Saying>();
    for (const entry of gone) {
      sayings.set(entry, SAYINGS[rest % SAYINGS.length] as Saying);
      rest = Math.floor(rest / SAYINGS.length);
    }
    yield sayings;
  }
}
