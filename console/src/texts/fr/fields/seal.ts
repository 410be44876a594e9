/** What kinds of the group seal.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    from: 'Depuis',
    offset: 'Écart',
    owner: 'Responsable',
    direction: 'Sens',
    peers: 'Autres extrémités',
    'valid until': 'Valable jusqu’au',
    flow: 'Flux',
    probe: 'Sondage',
    probed: 'Sondé',
    report: 'Rapport',
    enforced: 'Imposé',
    processes: 'Processus',
    flows: 'Flux',
    why: 'Pourquoi',
    bridges: 'Ponts',
    time: 'Heure',
    probes: 'Sondages',
    destination: 'Destination',
    packets: 'Paquets',
    'own probe': 'Sondage de la région',
    'attempts in all': 'Tentatives en tout',
    'offset ms': 'Écart (ms)',
    stratum: 'Strate',
    'on time': 'À l’heure',
  },
  descriptions: {
    'A declared flow between the region and something that is not of it. It counts once two people other than who asks approved it, and until its time is over.':
      'Un flux déclaré entre la région et quelque chose qui n’en est pas. Il compte une fois que deux personnes autres que le demandeur l’ont approuvé, et jusqu’à son échéance.',
    'Out: begun by the region, and only let out when declared. In: begun by others; listed in the matrix, and let in by what serves it (the API’s listener, a Forward).':
      'Out : commencé par la région, et admis à sortir seulement s’il est déclaré. In : commencé par d’autres ; listé dans la matrice, et admis par ce qui le sert (l’écoute de l’API, une redirection).',
    'Whose end it is here: the region’s own processes, or instances.':
      'De qui est l’extrémité ici : des processus de la région elle-même, ou des instances.',
    'Of instances: the IPv4 ranges of the region’s networks that it is for. Absent: all.':
      'Des instances : les plages IPv4 des réseaux de la région auxquelles il s’applique. Absent : toutes.',
    'The other end: ranges such as 203.0.113.7/32 or 2001:db8:7::/48. Never a name.':
      'L’autre extrémité : des plages comme 203.0.113.7/32 ou 2001:db8:7::/48. Jamais un nom.',
    'By which protocol.': 'Par quel protocole.',
    'The ports at the other end, with tcp and udp. Absent: all.':
      'Les ports à l’autre extrémité, avec tcp et udp. Absent : tous.',
    'What for, in a sentence that whoever approves can judge.':
      'Pour quoi, en une phrase dont peut juger qui approuve.',
    'Who answers for it.': 'Qui en répond.',
    'When it ends by itself, at most 366 days after it was made (RFC 3339).':
      'Quand il prend fin de lui-même, au plus 366 jours après sa création (RFC 3339).',
    'What became of the asking.': 'Ce qu’est devenue la demande.',
    'Who begins.': 'Qui commence.',
    'Whose end it is here.': 'De qui est l’extrémité ici.',
    'What passes, to where.': 'Ce qui passe, vers où.',
    'What for.': 'Pour quoi.',
    'How the region’s air gap is held: its condition Sealed says whether nothing undeclared leaves, and if not, why. The region makes the only one.':
      'Comment la coupure physique (air gap) de la région est tenue : sa condition Sealed dit si rien de non déclaré ne sort, et sinon, pourquoi. La région crée le seul qui existe.',
    'Any new word here asks for a probe, and a report, now.':
      'Tout mot nouveau ici demande un sondage, et un rapport, maintenant.',
    'The word of spec.probe that was last answered.': 'Le dernier mot de spec.probe auquel il a été répondu.',
    'The SealReport that was made last.': 'Le dernier rapport de scellement.',
    'Whether what is undeclared is dropped, or only counted (region.yaml: seal).':
      'Si ce qui n’est pas déclaré est rejeté, ou seulement compté (region.yaml : seal).',
    'The region’s processes that are held.': 'Les processus de la région qui sont tenus.',
    'Flows that may leave now.': 'Flux qui peuvent sortir en ce moment.',
    'The last report.': 'Le dernier rapport.',
    'What was probed of the region’s air gap, who tried to leave, and what passed, at one time. Written by the region; each is a leaf of its ledger.':
      'Ce qui a été sondé de la coupure de la région, qui a tenté de sortir, et ce qui est passé, à un moment donné. Écrit par la région ; chacun est une feuille de son registre.',
    'When (RFC 3339).': 'Quand (RFC 3339).',
    'What it was made for.': 'Pour quoi il a été fait.',
    'Whether nothing undeclared leaves, as far as this report can tell.':
      'Si rien de non déclaré ne sort, pour autant que ce rapport puisse le dire.',
    'Sealed, or in one word why not.': 'Sealed, ou en un mot pourquoi pas.',
    'Whether what is undeclared is dropped, or only counted.':
      'Si ce qui n’est pas déclaré est rejeté, ou seulement compté.',
    'Processes of the region that are held.': 'Processus de la région qui sont tenus.',
    'Bridges of instances that are held.': 'Ponts d’instances qui sont tenus.',
    'How the region’s clock was: RegionTime’s reason.':
      'Comment allait l’horloge de la région : la raison de l’heure de la région.',
    'What is wrong, in words.': 'Ce qui ne va pas, en mots.',
    'What the region tried by itself.': 'Ce que la région a tenté elle-même.',
    'Who tried: a process of the region, a network, or an instance.':
      'Qui a tenté : un processus de la région, un réseau, ou une instance.',
    'What it stands for: an address outside, a name server, the metadata address, a proxy.':
      'Ce que cela représente : une adresse au-dehors, un serveur de noms, l’adresse de métadonnées, un mandataire.',
    'Where to.': 'Vers où.',
    'tcp, udp, icmp, or dns: a name asked for; all: nothing could be tried.':
      'tcp, udp, icmp, ou dns : un nom demandé ; all : rien n’a pu être tenté.',
    'Of tcp and udp.': 'De tcp et udp.',
    'Blocked: the kernel counted it as dropped. NoRoute: this machine has no way there. Declared: an Interconnection lets it. Escaped: it left, or may have. NotProbed: could not be tried here.':
      'Blocked : le noyau l’a compté comme rejeté. NoRoute : cette machine n’a pas de route vers là. Declared : une interconnexion le permet. Escaped : c’est sorti, ou peut-être. NotProbed : n’a pas pu être tenté ici.',
    'What it met.': 'Ce que cela a rencontré.',
    'Who tried to leave undeclared, with what came of it: dropped where enforced.':
      'Qui a tenté de sortir sans déclaration, et ce qu’il en est advenu : rejeté là où c’est imposé.',
    'A process of the region, or instances.': 'Un processus de la région, ou des instances.',
    'The instance’s address.': 'L’adresse de l’instance.',
    'Whose address that is: organization and network.': 'De qui est cette adresse : organisation et réseau.',
    'Which instance has that address: organization, project and name.':
      'Quelle instance a cette adresse : organisation, projet et nom.',
    'Packets, since it was first seen and within a day.':
      'Paquets, depuis la première observation et sur un jour.',
    'The region’s own probe tries this as well.': 'Le sondage de la région tente cela aussi.',
    'How many different ones there were; more than are listed when they are many.':
      'Combien il y en a eu de différentes ; plus que listées quand elles sont nombreuses.',
    'Flows that may leave, with what was seen of each.':
      'Flux qui peuvent sortir, avec ce qui a été vu de chacun.',
    'The uid of its Interconnection, or what in the settings makes it.':
      'L’uid de son interconnexion, ou ce qui, dans les réglages, la crée.',
    'The name of its Interconnection.': 'Le nom de son interconnexion.',
    'What it lets pass.': 'Ce qu’il laisse passer.',
    'Packets it let pass since it was put in force.':
      'Paquets qu’il a laissé passer depuis sa mise en vigueur.',
    'Bytes it let pass.': 'Octets qu’il a laissé passer.',
    'Sealed, or why not.': 'Scellé, ou pourquoi pas.',
    'Different attempts seen.': 'Tentatives différentes observées.',
    'How the region’s own clock is: where its time comes from, and how far this machine’s clock is away from that. The region makes the only one.':
      'Comment va l’horloge de la région : d’où vient son heure, et de combien l’horloge de cette machine s’en écarte. La région crée la seule qui existe.',
    'Milliseconds that this machine’s clock was away from the sources when this was written: at each change of OnTime, and hourly.':
      'Millisecondes d’écart entre l’horloge de cette machine et les sources au moment de l’écriture : à chaque changement de OnTime, et toutes les heures.',
    'Steps from a reference clock; 10: this machine’s own clock.':
      'Pas depuis une horloge de référence ; 10 : l’horloge de cette machine.',
    'Where time comes from, as it is judged.': 'D’où vient l’heure, telle qu’elle est jugée.',
    'Its address, or the name of a clock on this machine.':
      'Son adresse, ou le nom d’une horloge de cette machine.',
    'Selected, Combined: time comes from it. NotCombined: sound, and not needed. Unreachable: it does not answer. False: it contradicts most others. Unsteady: it varies too much.':
      'Selected, Combined : l’heure en vient. NotCombined : saine, et inutile. Unreachable : elle ne répond pas. False : elle contredit la plupart des autres. Unsteady : elle varie trop.',
    'In milliseconds.': 'En millisecondes.',
    'Steps from a reference.': 'Pas depuis une référence.',
  },
  values: {
    False: 'Fausse',
    In: 'Entrant',
    Out: 'Sortant',
    Region: 'La région',
    Instances: 'Des instances',
    Schedule: 'Planifié',
    Asked: 'Demandé',
    Start: 'Démarrage',
    Disturbed: 'Perturbation',
    Changed: 'Changement',
    NoRoute: 'Sans route',
    Declared: 'Déclaré',
    Escaped: 'Sorti',
    NotProbed: 'Non tenté',
    Selected: 'Choisie',
    Combined: 'Combinée',
    NotCombined: 'Non combinée',
    Unreachable: 'Injoignable',
    Unsteady: 'Instable',
  },
};
