/** What the network kinds share beyond what all kinds do. */

export const NETWORK_GROUP = 'network.casemate.internal';
