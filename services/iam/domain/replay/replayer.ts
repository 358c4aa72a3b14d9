/**
 * One recorded decision under a proposed change. See README.md for what is done about documents that are gone.
 */
import { type Decision, evaluate, type Layers } from '../../../../policies/engine/index.ts';
import { concerns, type ProposedChange, underChange } from './proposed-change.ts';
import { principalOf, type RecordedDecision, requestOf } from './recorded.ts';
import { resourceLayers } from './resource-policy.ts';
import {
  type Documents,
  type Entry,
  goneEntries,
  LayerMaker,
  SAYINGS,
  type Saying,
  type Stack,
  stackKey,
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
/** Three sayings of three documents, and six of the resource, are tried; with more nothing is known. */
const MOST_COMBINATIONS = 200;
/** How `missing` calls the policy of the resource. */
export const RESOURCE_POLICY = 'resource-policy';
const MOST_STACKS = 50_000;

/** A stack with what it becomes, by the changes that concern the decision (one bit each). */
interface Known {
  stack: Stack;
  since: number;
  gone: readonly Entry[];
  changed: Map<number, Stack>;
}

export class Replayer {
  private readonly changes: readonly ProposedChange[];
  private readonly documents: Documents;
  private readonly maker = new LayerMaker();
  private readonly stacks = new Map<string, Known>();

  constructor(changes: readonly ProposedChange[], documents: Documents) {
    this.changes = changes;
    this.documents = documents;
  }

  replay(recorded: RecordedDecision): Replayed {
    const principal = principalOf(recorded);
    if (!principal) return UNTOUCHED;
    const known = this.known(recorded);
    const after = this.changed(known, recorded);
    if (after === known.stack) return UNTOUCHED;
    // The state of the owner's account denied, whatever the policies say.
    if (recorded.Reason === 'owner-state') return SAME;
    const before = known.stack;
    const resources = resourceLayers(recorded, principal);
    const missing = [...known.gone.map(({ name }) => name), ...(resources.length > 1 ? [RESOURCE_POLICY] : [])];
    if (resources.length * 3 ** known.gone.length > MOST_COMBINATIONS) return { kind: 'unknown', missing };

    const asked = requestOf(recorded, principal, before.boundary !== undefined);
    const askedAfter = requestOf(recorded, principal, after.boundary !== undefined);
    let found: Decision | undefined;
    for (const sayings of combinations(known.gone)) {
      const own = this.maker.layersOf(before, sayings);
      const changed = this.maker.layersOf(after, sayings);
      for (const resource of resources) {
        if (!isRecorded(evaluate(asked, withResource(own, resource)), recorded)) continue;
        const decision = evaluate(askedAfter, withResource(changed, resource));
        if (decision.reason === 'error' || (found && found.effect !== decision.effect))
          return { kind: 'unknown', missing };
        found ??= decision;
      }
    }
    if (!found) return { kind: 'unknown', missing };
    return found.effect === recorded.Effect ? SAME : { kind: 'flips', decision: found };
  }

  private known(recorded: RecordedDecision): Known {
    const key = stackKey(recorded);
    const known = this.stacks.get(key);
    if (known && known.since <= recorded.Position.Time) return known;
    const { stack, since } = stackOf(recorded, this.documents);
    const made: Known = { stack, since, gone: goneEntries(stack), changed: new Map() };
    if (since <= recorded.Position.Time) {
      if (this.stacks.size >= MOST_STACKS) this.stacks.clear();
      this.stacks.set(key, made);
    }
    return made;
  }

  /** The same stack when no change touches it. */
  private changed({ stack, changed }: Known, recorded: RecordedDecision): Stack {
    let bits = 0;
    for (const [index, change] of this.changes.entries()) if (concerns(change, stack, recorded)) bits |= 1 << index;
    let after = changed.get(bits);
    if (!after) {
      after = stack;
      for (const [index, change] of this.changes.entries())
        if (bits & (1 << index)) after = underChange(after, change, `proposed ${index}`) ?? after;
      changed.set(bits, after);
    }
    return after;
  }
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
function* combinations(gone: readonly Entry[]): Generator<ReadonlyMap<Entry, Saying>> {
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
