/**
 * One recorded decision under a proposed change. See README.md for what is done about documents that are gone.
 */
import {
  type CompiledPolicy,
  type Decision,
  evaluate,
  type Layers,
  mentionsAction,
  type PrincipalFacts,
} from '../../../../policies/engine/index.ts';
import { concerns, type ProposedChange, underChange } from './proposed-change.ts';
import { principalOf, type RecordedDecision, type RecordedStack, requestOf } from './recorded.ts';
import { acrossBoundary, resourceLayers } from './resource-policy.ts';
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
/** How `missing` calls the policy of the resource. */
export const RESOURCE_POLICY = 'resource-policy';

/** A stack of records with what it becomes, by the changes that concern the decision (one bit each). */
interface Known {
  stack: Stack;
  since: number;
  gone: readonly Entry[];
  changed: Map<number, Changed>;
}

interface Changed {
  stack: Stack;
  /** By action: whether a document that comes or goes has a say in it. */
  matters: Map<string, boolean>;
  /** Undefined: more than documents changes, or one that is gone: it may always matter. */
  documents: readonly CompiledPolicy[] | undefined;
}

export class Replayer {
  private readonly changes: readonly ProposedChange[];
  private readonly documents: Documents;
  private readonly maker = new LayerMaker();
  private readonly stacks = new WeakMap<RecordedStack, Known>();

  constructor(changes: readonly ProposedChange[], documents: Documents) {
    this.changes = changes;
    this.documents = documents;
  }

  /** Stacks are known by identity: decisions of one page share them. */
  replay(recorded: RecordedDecision, bound: RecordedStack): Replayed {
    const known = this.known(bound, recorded.Position.Time);
    const changed = this.changed(known, recorded);
    if (changed.stack === known.stack) return UNTOUCHED;
    const principal = principalOf(recorded);
    if (!principal) return UNTOUCHED;
    // The state of the owner's account denied, whatever the policies say.
    if (recorded.Reason === 'owner-state' || !matters(changed, recorded.Action)) return SAME;
    return this.judge(recorded, principal, known, changed.stack);
  }

  private judge(recorded: RecordedDecision, principal: PrincipalFacts, known: Known, after: Stack): Replayed {
    const { stack: before, gone } = known;
    const resources = resourceLayers(recorded, principal);
    const unknown = (): Replayed => ({
      kind: 'unknown',
      missing: [
        ...gone.map(({ name }) => name),
        ...(resources.some(({ isGuess }) => isGuess) ? [RESOURCE_POLICY] : []),
      ],
    });
    if (resources.length * 3 ** gone.length > MOST_COMBINATIONS) return unknown();

    const asked = requestOf(recorded, principal, before.boundary !== undefined);
    const sameCaller = (before.boundary === undefined) === (after.boundary === undefined);
    const askedAfter = sameCaller ? asked : requestOf(recorded, principal, after.boundary !== undefined);
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

  private known(bound: RecordedStack, at: number): Known {
    const known = this.stacks.get(bound);
    if (known && known.since <= at) return known;
    const { stack, since } = stackOf(bound, at, this.documents);
    const gone = entriesOf(stack).filter(({ policy }) => policy === undefined);
    const made: Known = { stack, since, gone, changed: new Map() };
    if (since <= at) this.stacks.set(bound, made);
    return made;
  }

  private changed({ stack, changed }: Known, recorded: RecordedDecision): Changed {
    let bits = 0;
    for (let index = 0; index < this.changes.length; index++)
      if (concerns(this.changes[index] as ProposedChange, stack, recorded)) bits |= 1 << index;
    let known = changed.get(bits);
    if (!known) {
      let after = stack;
      for (const [index, change] of this.changes.entries())
        if (bits & (1 << index)) after = underChange(after, change, `proposed ${index}`) ?? after;
      known = { stack: after, matters: new Map(), documents: differing(stack, after) };
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

/** Documents that say nothing about an action change no decision about it. */
function matters({ documents, matters: known }: Changed, action: string): boolean {
  if (!documents) return true;
  let answer = known.get(action);
  if (answer === undefined) {
    answer = documents.some((policy) => mentionsAction(policy, action));
    if (known.size < MOST_ACTIONS) known.set(action, answer);
  }
  return answer;
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
