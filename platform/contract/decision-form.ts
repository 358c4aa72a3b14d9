/**
 * The short form of the decisions in a record, which is read when decisions are asked again under other policies. A
 * record is two kilobytes of JSON; most of what a decision rested on is the same for all requests of a caller. That
 * part is a **setting**, kept once under the hash of its text; what is left is two lines per decision: what was asked
 * and answered, and the context that was this request's own.
 *
 * Guarantees: what is unpacked is what was packed, and both are a function of the record alone, so a form that was
 * forged differs from the one that its record gives. A setting that was forged does not have its hash.
 */
import { hash } from 'node:crypto';
import { label, quote } from './quote.ts';

type Context = Readonly<Record<string, unknown>>;

export interface FormLevel {
  Id: string;
  /** `p-examplepolicy@version`. */
  Policies: readonly string[];
}

/** About whom was decided, what bound the decision, and the context that does not change from request to request. */
export interface DecisionSetting {
  Principal: {
    Type: string;
    Arn?: string | undefined;
    AccountId?: string | undefined;
    PrincipalId?: string | undefined;
  };
  /** The role or user a session has its permissions from. */
  Issuer?: { Arn: string; PrincipalId: string } | undefined;
  /** Somebody asked about the principal (Authorize). */
  Asked: boolean;
  /** Of the principal: its grants hold in projects of this account. Empty where it has none. */
  AccountId: string;
  /** `arn@version`, `boundary:` or `session:` in front of what is no identity policy. */
  Policies: readonly string[];
  /** From the root down; absent: no guardrail bound. */
  PrincipalLevels?: readonly FormLevel[] | undefined;
  ResourceLevels?: readonly FormLevel[] | undefined;
  /** Condition key to its value. */
  Context: Context;
}

/** What was asked and answered. */
export interface DecisionFacts {
  Action: string;
  Resource: string;
  ResourceAccount?: string | undefined;
  Effect: 'allow' | 'deny';
  Reason: string;
  Layer?: string | undefined;
  Level?: { Id: string } | undefined;
  /** The resource's policy as it was given with the question; absent: the record does not tell. */
  Given?: { ResourcePolicy?: string | undefined } | undefined;
}

export interface PackedDecisions {
  text: string;
  /** Text of the settings by their ids. */
  settings: ReadonlyMap<string, string>;
}

export const NO_DECISIONS: PackedDecisions = { text: '', settings: new Map() };

/** Keys whose values stay the same from one request of a caller to the next, besides all that describe the caller. */
const SETTLED: ReadonlySet<string> = new Set([
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:multifactorauthpresent',
  'aws:requestedregion',
  'aws:resourceaccount',
  'aws:resourceorgid',
  'aws:resourceorgpaths',
  'aws:securetransport',
  'aws:sourceidentity',
  'aws:tokenissuetime',
  'aws:useragent',
  'aws:userid',
  'aws:username',
  'aws:viaawsservice',
  'parapet:accountstate',
]);

const isSettled = (key: string) => SETTLED.has(key) || key.startsWith('aws:principal');

/** The id of a setting: what it says cannot be changed under it. */
export function settingId(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** `setting.Context`: the whole context of the decision. */
export function packDecisions(
  decisions: readonly { facts: DecisionFacts; setting: DecisionSetting }[],
): PackedDecisions {
  if (decisions.length === 0) return NO_DECISIONS;
  const settings = new Map<string, string>();
  let text = '';
  for (const { facts, setting } of decisions) {
    let settled = '';
    let own = '';
    const { Context } = setting;
    for (const key of Object.keys(Context)) {
      const json = member(key, Context[key]);
      if (isSettled(key)) settled += json;
      else own += json;
    }
    const said = settingText(setting, settled);
    const id = rememberedId(said);
    settings.set(id, said);
    text += `${text === '' ? '' : '\n'}${factsText(id, facts)}\n${structure(own)}`;
  }
  return { text, settings };
}

const ids = new Map<string, string>();
const MOST_IDS = 1_000;

/** Most requests come from callers that were there before. */
function rememberedId(said: string): string {
  let id = ids.get(said);
  if (id === undefined) {
    id = settingId(said);
    if (ids.size >= MOST_IDS) ids.clear();
    ids.set(said, id);
  }
  return id;
}

/** Written straight away, as `JSON.stringify` would: the text of a setting is what its id is made of. */
function settingText(setting: DecisionSetting, context: string): string {
  const { Principal, Issuer, Asked, AccountId, Policies, PrincipalLevels, ResourceLevels } = setting;
  const { Type, Arn, AccountId: account, PrincipalId } = Principal;
  const principal = member('Type', Type) + member('Arn', Arn) + member('AccountId', account);
  return structure(
    `,"Principal":${structure(principal + member('PrincipalId', PrincipalId))}` +
      member('Issuer', Issuer) +
      member('Asked', Asked) +
      member('AccountId', AccountId) +
      member('Policies', Policies) +
      member('PrincipalLevels', PrincipalLevels) +
      member('ResourceLevels', ResourceLevels) +
      `,"Context":${structure(context)}`,
  );
}

/** With the comma before it. What is undefined is left out. */
function member(name: string, value: unknown): string {
  return value === undefined ? '' : `,${label(name)}${quote(value)}`;
}

function structure(members: string): string {
  return `{${members.slice(1)}}`;
}

type Row = [
  setting: string,
  action: string,
  resource: string,
  owner: string | null,
  isAllowed: 0 | 1,
  reason: string,
  layer: string | null,
  level: string | null,
  /** 0: not told; null: none was given. */
  given: 0 | null | string,
];

function factsText(setting: string, facts: DecisionFacts): string {
  const { Action, Resource, ResourceAccount = null, Effect, Reason, Layer = null, Level, Given } = facts;
  const given = Given ? (Given.ResourcePolicy ?? null) : 0;
  const isAllowed = Effect === 'allow' ? 1 : 0;
  const row: Row = [setting, Action, Resource, ResourceAccount, isAllowed, Reason, Layer, Level?.Id ?? null, given];
  return `[${row.map(quote).join()}]`;
}

const ID_LENGTH = 43;

/** Ids of the settings that a form names. Undefined: it is no form. */
export function settingsNamed(text: string): string[] | undefined {
  const ids: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const isFacts = text.startsWith('["', at) && text.startsWith('",', at + 2 + ID_LENGTH);
    if (end < 0 || !isFacts) return undefined;
    ids.push(text.slice(at + 2, at + 2 + ID_LENGTH));
    const next = text.indexOf('\n', end + 1);
    at = next < 0 ? text.length : next + 1;
  }
  return ids;
}

/** The decisions of one record with what they are found by. */
export interface DecisionsOfRecord {
  EventId: string;
  EventName: string;
  Position: { Time: number; Sequence: number };
  Decisions: string;
}

export interface UnpackedDecision extends DecisionFacts {
  readonly EventId: string;
  readonly EventName: string;
  readonly Position: { readonly Time: number; readonly Sequence: number };
  readonly setting: DecisionSetting;
  /** Of this request alone; what all requests of the caller have in common stands with the setting. */
  readonly Context: Context;
}

type Facts = DecisionFacts & { setting: DecisionSetting };

/** Different questions that are remembered. */
const MOST_FACTS = 20_000;
const MOST_SETTINGS = 20_000;

/** Unpacks many forms: the same settings and questions come again and again, and are read once. */
export class DecisionReader {
  private readonly settings = new Map<string, DecisionSetting>();
  private readonly facts = new Map<string, Facts>();

  /** Settings that come with a page; answers those that are new. @throws SyntaxError for what is no setting */
  learn(settings: readonly { Id: string; Text: string }[]): DecisionSetting[] {
    if (this.settings.size > MOST_SETTINGS) {
      this.settings.clear();
      this.facts.clear();
    }
    const learnt: DecisionSetting[] = [];
    for (const { Id, Text } of settings) {
      if (this.settings.has(Id)) continue;
      const setting = JSON.parse(Text) as DecisionSetting;
      this.settings.set(Id, setting);
      learnt.push(setting);
    }
    return learnt;
  }

  /** @throws Error when a setting was not learnt */
  read(record: DecisionsOfRecord): UnpackedDecision[] {
    if (record.Decisions === '') return [];
    const lines = record.Decisions.split('\n');
    const out: UnpackedDecision[] = [];
    for (let at = 0; at < lines.length; at += 2)
      out.push(new Unpacked(record, this.factsOf(lines[at] as string), lines[at + 1] as string));
    return out;
  }

  private factsOf(line: string): Facts {
    let facts = this.facts.get(line);
    if (!facts) {
      facts = this.parse(line);
      if (this.facts.size >= MOST_FACTS) this.facts.clear();
      this.facts.set(line, facts);
    }
    return facts;
  }

  private parse(line: string): Facts {
    const [id, Action, Resource, owner, isAllowed, Reason, layer, level, given] = JSON.parse(line) as Row;
    const setting = this.settings.get(id);
    if (!setting) throw new Error('a decision names a setting that did not come with it');
    return {
      setting,
      Action,
      Resource,
      ResourceAccount: owner ?? undefined,
      Effect: isAllowed ? 'allow' : 'deny',
      Reason,
      Layer: layer ?? undefined,
      Level: level === null ? undefined : { Id: level },
      Given: given === 0 ? undefined : given === null ? {} : { ResourcePolicy: given },
    };
  }
}

/** The context is read when somebody looks at it: most answers do not depend on it. */
class Unpacked implements UnpackedDecision {
  readonly EventId: string;
  readonly EventName: string;
  readonly Position: { readonly Time: number; readonly Sequence: number };
  readonly setting: DecisionSetting;
  readonly Action: string;
  readonly Resource: string;
  readonly ResourceAccount: string | undefined;
  readonly Effect: 'allow' | 'deny';
  readonly Reason: string;
  readonly Layer: string | undefined;
  readonly Level: { Id: string } | undefined;
  readonly Given: { ResourcePolicy?: string | undefined } | undefined;
  #context: string | Context;

  constructor(record: DecisionsOfRecord, facts: Facts, context: string) {
    this.EventId = record.EventId;
    this.EventName = record.EventName;
    this.Position = record.Position;
    this.setting = facts.setting;
    this.Action = facts.Action;
    this.Resource = facts.Resource;
    this.ResourceAccount = facts.ResourceAccount;
    this.Effect = facts.Effect;
    this.Reason = facts.Reason;
    this.Layer = facts.Layer;
    this.Level = facts.Level;
    this.Given = facts.Given;
    this.#context = context;
  }

  get Context(): Context {
    if (typeof this.#context === 'string') this.#context = JSON.parse(this.#context) as Context;
    return this.#context;
  }
}
