/**
 * Text of a landing zone to its value, with the place of every node. YAML 1.2 (JSON is a part of it): keys given twice,
 * tags and more than a few aliases are refused, so a text means one thing and cannot grow when it is read.
 */
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument, type Range } from 'yaml';
import { type Fault, type Finding, type PathStep, pointerOf } from './finding.ts';

const MAX_ALIASES = 100;

export interface Source {
  file: string;
  value: unknown;
  /** Faults of the text itself. */
  findings: Finding[];
  place(path: readonly PathStep[], onKey?: boolean): { line: number; column: number };
}

export function readSource(file: string, text: string): Source {
  const plain = plainJson(text);
  if (plain === undefined) return readYaml(file, text);
  // Places are looked up in the text only when something is wrong.
  let whole: Source | undefined;
  return {
    file,
    value: plain,
    findings: [],
    place(path, onKey) {
      whole ??= readYaml(file, text);
      return whole.place(path, onKey);
    },
  };
}

/** Of a text that is JSON exactly as it is written by machines, so that it holds nothing twice; it is read much faster. */
function plainJson(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function readYaml(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const findings: Finding[] = [...document.errors, ...document.warnings].map((problem) => ({
    severity: 'error',
    code: problem.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'unreadable',
    message: sentence(problem.message),
    pointer: '',
    file,
    ...at(problem.pos[0]),
  }));
  return {
    file,
    findings,
    value: findings.length > 0 ? undefined : contentOf(document, findings, file),
    place: (path, onKey = false) => at(offsetOf(document, path, onKey)),
  };
}

function contentOf(document: Document.Parsed, findings: Finding[], file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    findings.push({
      severity: 'error',
      code: 'too-many-aliases',
      message: `aliases stand for more than ${MAX_ALIASES} nodes`,
      pointer: '',
      file,
      line: 1,
      column: 1,
    });
    return undefined;
  }
}

/** First line of what the parser says, without the excerpt under it. */
function sentence(message: string): string {
  const first = message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message;
  return first.charAt(0).toLowerCase() + first.slice(1);
}

/** Where the node of a path begins; of something missing, where what should hold it begins. */
function offsetOf(document: Document.Parsed, path: readonly PathStep[], onKey: boolean): number {
  if (onKey && path.length > 0) {
    const holder = document.getIn(path.slice(0, -1), true);
    const name = String(path[path.length - 1]);
    const pair = isMap(holder)
      ? holder.items.find(({ key }) => isScalar(key) && String(key.value) === name)
      : undefined;
    const range = (pair?.key as { range?: Range | null } | undefined)?.range;
    if (range) return range[0];
  }
  for (let depth = path.length; depth >= 0; depth--) {
    const node = (depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true)) as
      | Node
      | null
      | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

/** The main file and what it includes, as one value. */
export interface Merged {
  value: Record<string, unknown>;
  locate(fault: Fault): Finding;
}

/** Lists of included files follow those of the main file, in the order of `include`. */
export function mergeSources(main: Source, included: readonly Source[], sections: readonly string[]): Merged {
  const value = { ...(main.value as Record<string, unknown>) };
  const origins = new Map<string, { source: Source; from: number }[]>();
  for (const section of sections) {
    const all = [main, ...included];
    const lists = all.map((source) => (source.value as Record<string, unknown> | null)?.[section]);
    if (lists.slice(1).every((list) => list === undefined)) continue;
    const merged: unknown[] = [];
    const parts: { source: Source; from: number }[] = [];
    lists.forEach((list, i) => {
      if (!Array.isArray(list)) return;
      parts.push({ source: all[i] as Source, from: merged.length });
      merged.push(...list);
    });
    value[section] = merged;
    origins.set(section, parts);
  }
  return {
    value,
    locate({ path, severity = 'error', code, message, hint, onKey }) {
      const [section, index, ...rest] = path;
      const parts = origins.get(String(section));
      const part = parts && typeof index === 'number' ? parts.findLast(({ from }) => from <= index) : undefined;
      const source = part?.source ?? main;
      const local = part ? [section as PathStep, (index as number) - part.from, ...rest] : path;
      return {
        severity,
        code,
        message,
        pointer: pointerOf(path),
        file: source.file,
        ...source.place(local, onKey),
        ...(hint !== undefined && { hint }),
      };
    },
  };
}
