/**
 * Reads a landing zone: text to a file that is known to be whole and consistent in itself, or to everything that is
 * wrong with it, each with line and column. What depends on the organization as it is comes later, with the plan.
 */
import { INCLUDABLE, type LandingZone, LandingZoneFile } from '../../../api/landing-zone/file.ts';
import { type Ceiling, ceilingsOf, type GuardrailLibrary } from './ceilings.ts';
import { dutyFaults } from './duties.ts';
import { type Fault, type Finding, hasErrors } from './finding.ts';
import { type LandingZoneLimits, limitFaults, limitsOf } from './limits.ts';
import { expandParameters } from './parameters.ts';
import { referenceFaults } from './references.ts';
import { shapeFaults } from './shape-faults.ts';
import { type Merged, mergeSources, readSource, type Source } from './source.ts';

export interface ReadOptions {
  /** The main file, by the name findings call it. */
  main: string;
  /** Text by path, as far as they were read; paths are relative to the main file. */
  files: ReadonlyMap<string, string>;
  library: GuardrailLibrary;
  limits: LandingZoneLimits;
}

export interface ReadResult {
  findings: Finding[];
  /** Files that are referred to and were not given. */
  missing: string[];
  /** Absent when there are errors or files are missing. */
  landingZone?: LandingZone;
  ceilings: Ceiling[];
  /** What was read before parameters were filled in, files put in their places: what is sent and kept. */
  written?: Record<string, unknown>;
}

export function readLandingZone(options: ReadOptions): ReadResult {
  const main = readSource(options.main, options.files.get(options.main) ?? '');
  if (hasErrors(main.findings)) return { findings: main.findings, missing: [], ceilings: [] };
  if (!isMap(main.value)) return { findings: [notAMap(main)], missing: [], ceilings: [] };
  const included: Source[] = [];
  const wanted = includedPaths(main.value);
  const missing = wanted.filter((path) => !options.files.has(path));
  if (missing.length > 0) return { findings: [], missing, ceilings: [] };
  const findings: Finding[] = [];
  for (const path of wanted) {
    const source = readSource(path, options.files.get(path) as string);
    findings.push(...source.findings);
    if (isMap(source.value)) {
      findings.push(...strangers(source));
      included.push(source);
    } else if (source.findings.length === 0) findings.push(notAMap(source));
  }
  if (hasErrors(findings)) return { findings, missing: [], ceilings: [] };
  return check(mergeSources(main, included, INCLUDABLE), options);
}

function check(merged: Merged, options: ReadOptions): ReadResult {
  const { include: _, ...top } = merged.value;
  const written = putFilesIn(top, options.files);
  if (written.missing.length > 0) return { findings: [], missing: written.missing, ceilings: [] };
  const expanded = expandParameters(written.value);
  const parsed = LandingZoneFile.safeParse(expanded.value);
  const faults: Fault[] = [...expanded.faults];
  let ceilings: Ceiling[] = [];
  if (!parsed.success) faults.push(...shapeFaults(parsed.error.issues));
  else {
    const limits = limitsOf(parsed.data, options.limits);
    // A parameter that is not there would be reported again as the value of a guardrail.
    const compiled = hasFaults(expanded.faults)
      ? { ceilings: [], faults: [] }
      : ceilingsOf(parsed.data, options.library, limits.policyBytes);
    ceilings = compiled.ceilings;
    faults.push(
      ...referenceFaults(parsed.data),
      ...dutyFaults(parsed.data),
      ...compiled.faults,
      ...limitFaults(parsed.data, ceilings, limits),
      ...regionFaults(parsed.data),
    );
  }
  const findings = faults
    .map((fault) => merged.locate(fault))
    .sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));
  if (hasErrors(findings) || !parsed.success) return { findings, missing: [], ceilings: [] };
  return { findings, missing: [], landingZone: parsed.data, ceilings, written: written.value };
}

/** Policies hold their documents from then on. */
function putFilesIn(top: Record<string, unknown>, files: ReadonlyMap<string, string>) {
  const missing: string[] = [];
  if (!Array.isArray(top.policies)) return { value: top, missing };
  const policies = top.policies.map((policy: unknown) => {
    if (!isMap(policy) || typeof policy.file !== 'string' || policy.document !== undefined) return policy;
    const text = files.get(policy.file);
    if (text === undefined) missing.push(policy.file);
    const { file: _, ...rest } = policy;
    return { ...rest, document: text };
  });
  return { value: { ...top, policies }, missing };
}

const hasFaults = (faults: readonly Fault[]) => faults.some(({ severity }) => severity !== 'warning');

function regionFaults({ settings: { homeRegion, allowedRegions } }: LandingZone): Fault[] {
  if (homeRegion === undefined || allowedRegions === undefined || allowedRegions.includes(homeRegion)) return [];
  return [
    {
      code: 'home-region',
      message: `the home region ${homeRegion} is not among the allowed regions`,
      path: ['settings', 'homeRegion'],
    },
  ];
}

function includedPaths({ include }: Record<string, unknown>): string[] {
  return Array.isArray(include) ? include.filter((path): path is string => typeof path === 'string') : [];
}

/** An included file has lists only; the rest of a landing zone stands in one place. */
function strangers(source: Source): Finding[] {
  return Object.keys(source.value as object)
    .filter((name) => !(INCLUDABLE as readonly string[]).includes(name))
    .map((name) => ({
      severity: 'error',
      code: 'not-includable',
      message: `an included file cannot hold ${name}`,
      pointer: `/${name}`,
      file: source.file,
      ...source.place([name], true),
    }));
}

function notAMap({ file }: Source): Finding {
  return {
    severity: 'error',
    code: 'unreadable',
    message: 'the file is not a map',
    pointer: '',
    file,
    line: 1,
    column: 1,
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
