/** What every declaration of this service says the same. */
export const TARGET = 'secretsmanager';

/** Records carry the name that AWS clients look for. */
export function vault<C extends 'management' | 'data'>(recordClass: C) {
  return { service: 'ccms', audit: { class: recordClass, eventSource: 'secretsmanager.amazonaws.com' } } as const;
}
