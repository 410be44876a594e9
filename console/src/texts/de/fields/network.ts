/** What kinds of the group network.casemate.internal say of their fields, in German: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    to: 'Nach',
    operator: 'Operator',
    'match expressions': 'Bedingungen an Labels',
    values: 'Werte',
    ingress: 'Eingehend',
    'end port': 'Letzter Port',
    cidr: 'Adressbereich (CIDR)',
    egress: 'Ausgehend',
    'matched instances': 'Ausgewählte Instanzen',
    matched: 'Ausgewählt',
    listen: 'Lauscht auf',
    'allowed sources': 'Erlaubte Quellen',
    gateway: 'Gateway',
    bridge: 'Bridge',
    domain: 'DNS-Domäne',
  },
  descriptions: {
    'Allows or denies flows of the instances it selects. By default instances of one network reach each other and nothing else. Between two networks of a project a flow needs an egress Allow at its source and an ingress Allow at its target; an explicit Deny wins.':
      'Erlaubt oder verbietet Verbindungen der Instanzen, die sie auswählt. Von sich aus erreichen Instanzen eines Netzes einander und sonst nichts. Zwischen zwei Netzen eines Projekts braucht eine Verbindung ein ausgehendes Allow an der Quelle und ein eingehendes Allow am Ziel; ein ausdrückliches Deny setzt sich durch.',
    'Picks instances of the project by their labels. Empty ({}): every one.':
      'Wählt Instanzen des Projekts nach ihren Labels. Leer ({}): alle.',
    'Labels an instance must have, all of them.': 'Labels, die eine Instanz alle haben muss.',
    'Conditions on labels, all of which must hold.': 'Bedingungen an Labels, die alle erfüllt sein müssen.',
    'A Deny wins over every Allow.': 'Ein Deny setzt sich gegen jedes Allow durch.',
    'Destination ports, for tcp and udp. Left out: all.': 'Zielports, für tcp und udp. Ohne Angabe: alle.',
    'Last port of a range that starts at port.': 'Letzter Port eines Bereichs, der bei port beginnt.',
    'Who connects: any of these. Left out: anyone who can reach the instance at all.':
      'Wer sich verbindet: einer von diesen. Ohne Angabe: wer immer die Instanz erreichen kann.',
    'Instances of the project (by labels, by network, or both), or an address range.':
      'Instanzen des Projekts (nach Labels, nach Netz oder beidem) oder ein Adressbereich.',
    'Only addresses on this network of the project.': 'Nur Adressen in diesem Netz des Projekts.',
    'An IPv4 range; not with the others.': 'Ein IPv4-Bereich; nicht zusammen mit den anderen.',
    'What is connected to: any of these. Left out: anything.':
      'Womit verbunden wird: eines von diesen. Ohne Angabe: alles.',
    'How many instances it selects.': 'Wie viele Instanzen sie auswählt.',
    'Instances selected.': 'Ausgewählte Instanzen.',
    'Leads connections to an address and port of the region on to an instance.':
      'Leitet Verbindungen zu einer Adresse und einem Port der Region an eine Instanz weiter.',
    "One of the region's forward addresses. Left out: its first one.":
      'Eine der Weiterleitungsadressen der Region. Ohne Angabe: die erste.',
    "Within the region's range for forwards.": 'Innerhalb des Bereichs der Region für Weiterleitungen.',
    'An instance of the same project.': 'Eine Instanz desselben Projekts.',
    'Which of its networks, when it has several. Left out: its first.':
      'Welches ihrer Netze, wenn sie mehrere hat. Ohne Angabe: das erste.',
    'Address ranges that may connect, each once. Say 0.0.0.0/0 for everyone. Whoever applies some of them leaves the others alone.':
      'Adressbereiche, die sich verbinden dürfen, jeder einmal. 0.0.0.0/0 für alle. Wer einige davon anwendet, lässt die anderen unberührt.',
    'Where to connect to.': 'Wohin man sich verbindet.',
    'Where it leads now: address and port.': 'Wohin sie jetzt führt: Adresse und Port.',
    'Its port.': 'Der Port.',
    'tcp or udp.': 'tcp oder udp.',
    'The target.': 'Das Ziel.',
    'A private network of a project. Instances on it reach each other by address and by name; everything else needs a FirewallPolicy or a Forward.':
      'Ein privates Netz eines Projekts. Instanzen darin erreichen einander über Adresse und Namen; alles andere braucht eine Firewall-Regel oder eine Weiterleitung.',
    'The IPv4 range, for example 10.64.3.0/24; prefix length 16 to 28. Left out, a free range of the region is chosen. It cannot be changed.':
      'Der IPv4-Bereich, zum Beispiel 10.64.3.0/24; Präfixlänge 16 bis 28. Ohne Angabe wird ein freier Bereich der Region gewählt. Lässt sich nicht ändern.',
    'The range in force.': 'Der geltende Bereich.',
    'Address of the gateway, which answers DHCP and DNS on the network.':
      'Adresse des Gateways, das im Netz DHCP und DNS beantwortet.',
    'The bridge that carries the network on its host. It appears when instances can start on it.':
      'Die Bridge, die das Netz auf seinem Host trägt. Sie erscheint, sobald Instanzen darin starten können.',
    'An instance is found on the network as <name> and as <name>.<domain>.':
      'Eine Instanz ist im Netz als <name> und als <name>.<domain> zu finden.',
    'How many instances have an address on it.': 'Wie viele Instanzen darin eine Adresse haben.',
    'The gateway.': 'Das Gateway.',
    'Instances on it.': 'Instanzen darin.',
    'A range of IPv4 addresses that is taken in this region: by a network of an organization, or kept by the operator for something else.':
      'Ein Bereich von IPv4-Adressen, der in dieser Region vergeben ist: an das Netz einer Organisation, oder vom Betreiber für anderes zurückbehalten.',
    'The range, for example 10.64.3.0/24.': 'Der Bereich, zum Beispiel 10.64.3.0/24.',
    'For whom it is held. Left out: kept by the operator.':
      'Für wen er gehalten wird. Ohne Angabe: vom Betreiber behalten.',
    'The range.': 'Der Bereich.',
    'Who holds it.': 'Wer ihn hält.',
    'The project.': 'Das Projekt.',
    'A port of the region that is taken: by a Forward of an organization, or kept by the operator for something else.':
      'Ein vergebener Port der Region: an die Weiterleitung einer Organisation, oder vom Betreiber für anderes zurückbehalten.',
    'The address.': 'Die Adresse.',
    'The port.': 'Der Port.',
  },
  values: {
    NotIn: 'Nicht unter',
    Exists: 'Vorhanden',
    DoesNotExist: 'Nicht vorhanden',
    Allow: 'Erlauben',
    Deny: 'Verbieten',
    any: 'Alle',
  },
};
