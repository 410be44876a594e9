/** What kinds of the group network.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    to: 'Vers',
    operator: 'Opérateur',
    'match expressions': 'Conditions sur les étiquettes',
    values: 'Valeurs',
    ingress: 'Entrant',
    'end port': 'Dernier port',
    cidr: 'Plage d’adresses (CIDR)',
    egress: 'Sortant',
    'matched instances': 'Instances sélectionnées',
    matched: 'Sélectionnées',
    listen: 'Écoute',
    'allowed sources': 'Sources autorisées',
    gateway: 'Passerelle',
    bridge: 'Pont',
    domain: 'Domaine DNS',
  },
  descriptions: {
    'Allows or denies flows of the instances it selects. By default instances of one network reach each other and nothing else. Between two networks of a project a flow needs an egress Allow at its source and an ingress Allow at its target; an explicit Deny wins.':
      'Autorise ou refuse des flux des instances qu’elle sélectionne. Par défaut, les instances d’un même réseau se joignent entre elles et rien d’autre. Entre deux réseaux d’un projet, un flux requiert un Allow sortant à sa source et un Allow entrant à sa cible ; un Deny explicite l’emporte.',
    'Picks instances of the project by their labels. Empty ({}): every one.':
      'Choisit des instances du projet par leurs étiquettes. Vide ({}) : toutes.',
    'Labels an instance must have, all of them.': 'Étiquettes qu’une instance doit porter, toutes.',
    'Conditions on labels, all of which must hold.':
      'Conditions sur les étiquettes, qui doivent toutes être remplies.',
    'A Deny wins over every Allow.': 'Un Deny l’emporte sur tout Allow.',
    'Destination ports, for tcp and udp. Left out: all.':
      'Ports de destination, pour tcp et udp. Sans valeur : tous.',
    'Last port of a range that starts at port.': 'Dernier port d’une plage qui commence à port.',
    'Who connects: any of these. Left out: anyone who can reach the instance at all.':
      'Qui se connecte : l’un de ceux-ci. Sans valeur : quiconque peut atteindre l’instance.',
    'Instances of the project (by labels, by network, or both), or an address range.':
      'Des instances du projet (par étiquettes, par réseau, ou les deux), ou une plage d’adresses.',
    'Only addresses on this network of the project.': 'Seulement les adresses de ce réseau du projet.',
    'An IPv4 range; not with the others.': 'Une plage IPv4 ; pas avec les autres.',
    'What is connected to: any of these. Left out: anything.':
      'À quoi l’on se connecte : l’un de ceux-ci. Sans valeur : n’importe quoi.',
    'How many instances it selects.': 'Combien d’instances elle sélectionne.',
    'Instances selected.': 'Instances sélectionnées.',
    'Leads connections to an address and port of the region on to an instance.':
      'Conduit vers une instance les connexions à une adresse et à un port de la région.',
    "One of the region's forward addresses. Left out: its first one.":
      'L’une des adresses de redirection de la région. Sans valeur : la première.',
    "Within the region's range for forwards.": 'Dans la plage que la région réserve aux redirections.',
    'An instance of the same project.': 'Une instance du même projet.',
    'Which of its networks, when it has several. Left out: its first.':
      'Lequel de ses réseaux, quand elle en a plusieurs. Sans valeur : le premier.',
    'Address ranges that may connect, each once. Say 0.0.0.0/0 for everyone. Whoever applies some of them leaves the others alone.':
      'Plages d’adresses qui peuvent se connecter, chacune une fois. 0.0.0.0/0 pour tout le monde. Qui en applique certaines ne touche pas aux autres.',
    'Where to connect to.': 'Où se connecter.',
    'Where it leads now: address and port.': 'Où elle mène en ce moment : adresse et port.',
    'Its port.': 'Son port.',
    'tcp or udp.': 'tcp ou udp.',
    'The target.': 'La cible.',
    'A private network of a project. Instances on it reach each other by address and by name; everything else needs a FirewallPolicy or a Forward.':
      'Un réseau privé d’un projet. Les instances qui s’y trouvent se joignent par adresse et par nom ; tout le reste requiert une règle de pare-feu ou une redirection.',
    'The IPv4 range, for example 10.64.3.0/24; prefix length 16 to 28. Left out, a free range of the region is chosen. It cannot be changed.':
      'La plage IPv4, par exemple 10.64.3.0/24 ; longueur de préfixe de 16 à 28. Sans valeur, une plage libre de la région est choisie. Ne peut pas changer.',
    'The range in force.': 'La plage en vigueur.',
    'Address of the gateway, which answers DHCP and DNS on the network.':
      'Adresse de la passerelle, qui répond en DHCP et en DNS sur le réseau.',
    'The bridge that carries the network on its host. It appears when instances can start on it.':
      'Le pont qui porte le réseau sur son hôte. Il apparaît quand des instances peuvent y démarrer.',
    'An instance is found on the network as <name> and as <name>.<domain>.':
      'Une instance se trouve sur le réseau sous <name> et sous <name>.<domain>.',
    'How many instances have an address on it.': 'Combien d’instances y ont une adresse.',
    'The gateway.': 'La passerelle.',
    'Instances on it.': 'Instances sur ce réseau.',
    'A range of IPv4 addresses that is taken in this region: by a network of an organization, or kept by the operator for something else.':
      'Une plage d’adresses IPv4 prise dans cette région : par un réseau d’une organisation, ou gardée par l’opérateur pour autre chose.',
    'The range, for example 10.64.3.0/24.': 'La plage, par exemple 10.64.3.0/24.',
    'For whom it is held. Left out: kept by the operator.':
      'Pour qui elle est réservée. Sans valeur : gardée par l’opérateur.',
    'The range.': 'La plage.',
    'Who holds it.': 'Qui la détient.',
    'The project.': 'Le projet.',
    'A port of the region that is taken: by a Forward of an organization, or kept by the operator for something else.':
      'Un port de la région qui est pris : par une redirection d’une organisation, ou gardé par l’opérateur pour autre chose.',
    'The address.': 'L’adresse.',
    'The port.': 'Le port.',
  },
  values: {
    NotIn: 'Pas parmi',
    Exists: 'Existe',
    DoesNotExist: 'N’existe pas',
    Allow: 'Autoriser',
    Deny: 'Refuser',
    any: 'Tous',
  },
};
