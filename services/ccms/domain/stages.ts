/**
 * Which version holds which stage (spec ccms 3.3). Guarantees: a stage is on one version at most; a secret that has a
 * value has AWSCURRENT, but for the one its first rotation has not finished; AWSPREVIOUS is never the version that is AWSCURRENT. Texts are ours, codes are AWS's.
 */
import { MAX_STAGES } from './limits.ts';

export const CURRENT = 'AWSCURRENT';
export const PREVIOUS = 'AWSPREVIOUS';
export const PENDING = 'AWSPENDING';

/** Stage to version id. */
export type StageMap = ReadonlyMap<string, string>;

export type StageProblem = {
  ok: false;
  code: 'InvalidParameter' | 'LimitExceeded' | 'NotFound';
  message: string;
};
export type StageResult = { ok: true; stages: StageMap } | StageProblem;

const problem = (code: StageProblem['code'], message: string): StageProblem => ({ ok: false, code, message });

/** The stages of one version, sorted. */
export function stagesOf(stages: StageMap, versionId: string): string[] {
  return [...stages]
    .filter(([, holder]) => holder === versionId)
    .map(([stage]) => stage)
    .sort();
}

/** Stages by version, for the versions that have some. */
export function stagesByVersion(stages: StageMap): Record<string, string[]> {
  const ids = [...new Set(stages.values())].sort();
  return Object.fromEntries(ids.map((id) => [id, stagesOf(stages, id)]));
}

/**
 * A version with a value takes its place: AWSCURRENT when no stage is named, and always when it brings the first value
 * of the secret.
 */
export function placeVersion(stages: StageMap, versionId: string, wanted: readonly string[] | undefined): StageResult {
  const names = new Set(wanted ?? [CURRENT]);
  if (!stages.has(CURRENT)) names.add(CURRENT);
  return attached(stages, versionId, names);
}

/** The empty version of a rotation gets its value: it is no first value that consumers may have yet. */
export function placeFilled(stages: StageMap, versionId: string, wanted: readonly string[] | undefined): StageResult {
  return attached(stages, versionId, new Set(wanted ?? [CURRENT]));
}

function attached(stages: StageMap, versionId: string, names: ReadonlySet<string>): StageResult {
  if (names.has(CURRENT) && names.has(PREVIOUS))
    return problem('InvalidParameter', `a version cannot be ${CURRENT} and ${PREVIOUS} at the same time`);
  const next = new Map(stages);
  for (const name of names) if (name !== CURRENT) next.set(name, versionId);
  if (names.has(CURRENT)) makeCurrent(next, versionId);
  return checked(next);
}

/** UpdateSecretVersionStage: `removeFrom` has to be the present holder when there is another one than `moveTo`. */
export function moveStage(
  stages: StageMap,
  versions: ReadonlyMap<string, { hasValue: boolean }>,
  move: { stage: string; moveTo?: string | undefined; removeFrom?: string | undefined },
): StageResult {
  const { stage, moveTo, removeFrom } = move;
  const holder = stages.get(stage);
  if (moveTo === undefined && removeFrom === undefined)
    return problem('InvalidParameter', 'name the version that takes the stage, or the one that loses it');
  for (const id of [moveTo, removeFrom])
    if (id !== undefined && !versions.has(id)) return problem('NotFound', `the secret has no version ${id}`);
  if (removeFrom !== undefined && holder !== removeFrom)
    return problem('InvalidParameter', `stage ${stage} is not on version ${removeFrom}`);
  if (holder === moveTo) return { ok: true, stages };
  if (holder !== undefined && removeFrom === undefined)
    return problem('InvalidParameter', `stage ${stage} is on version ${holder}: name it in RemoveFromVersionId`);
  const next = new Map(stages);
  if (moveTo === undefined) {
    if (stage === CURRENT) return problem('InvalidParameter', `${CURRENT} can be moved, not removed`);
    next.delete(stage);
    return { ok: true, stages: next };
  }
  if (stage === PREVIOUS && stages.get(CURRENT) === moveTo)
    return problem('InvalidParameter', `version ${moveTo} is ${CURRENT}, so it cannot be ${PREVIOUS}`);
  if (stage === CURRENT) {
    if (versions.get(moveTo)?.hasValue !== true)
      return problem('InvalidParameter', `version ${moveTo} has no value, so it cannot be ${CURRENT}`);
    makeCurrent(next, moveTo);
  } else {
    next.set(stage, moveTo);
  }
  return checked(next);
}

/** What held AWSCURRENT becomes AWSPREVIOUS, keeps its own stages, and is no longer AWSPENDING. */
function makeCurrent(stages: Map<string, string>, versionId: string): void {
  const before = stages.get(CURRENT);
  if (before === versionId) return;
  stages.set(CURRENT, versionId);
  if (before === undefined) return;
  stages.set(PREVIOUS, before);
  if (stages.get(PENDING) === before) stages.delete(PENDING);
}

function checked(stages: StageMap): StageResult {
  if (stages.size > MAX_STAGES) return problem('LimitExceeded', `a secret has at most ${MAX_STAGES} stages`);
  return { ok: true, stages };
}

/** As a row holds them: JSON list of [stage, version id], sorted by stage. */
export function stagesColumn(stages: StageMap): string {
  return JSON.stringify([...stages].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function readStages(column: string): StageMap {
  return new Map(JSON.parse(column) as [string, string][]);
}
