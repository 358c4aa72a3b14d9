/** What every declaration of this service says the same. */
export const TARGET = 'ACMPrivateCA';

/** Actions and records carry the name that AWS clients look for. */
export function pca() {
  return { service: 'pca', audit: { class: 'management', eventSource: 'acm-pca.amazonaws.com' } } as const;
}

export function aws(name: string) {
  return { protocol: 'json-1.1', target: `${TARGET}.${name}` } as const;
}
