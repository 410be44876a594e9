/** What kinds of the group backup.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    from: 'Depuis',
    at: 'Heure',
    next: 'Prochaine',
    what: 'Contenu à sauvegarder',
    every: 'Fréquence',
    on: 'Jour',
    retention: 'Conservation',
    'weekly days': 'Hebdomadaires (jours)',
    'monthly days': 'Mensuelles (jours)',
    'yearly days': 'Annuelles (jours)',
    'keep last': 'Garder les dernières',
    bucket: 'Compartiment',
    s3: 'S3',
    region: 'Région',
    secret: 'Secret',
    'restore test': 'Essai de restauration',
    'read data percent': 'Données relues (%)',
    suspended: 'Suspendu',
    'last scheduled at': 'Dernière planifiée le',
    'next at': 'Prochaine le',
    'last backup': 'Dernière sauvegarde',
    'last test at': 'Dernier essai le',
    'last restore test': 'Dernier essai de restauration',
    passed: 'Réussi',
    backup: 'Sauvegarde',
    restore: 'Restauration',
    control: 'Exigence',
    'forgotten at': 'Dernier retrait le',
    'pruned at': 'Place rendue le',
    last: 'Dernière',
    repository: 'Dépôt',
    as: 'Nouveau nom',
    'in place': 'Sur place',
    test: 'Essai',
    'again at': 'Nouvel essai le',
    'finished at': 'Terminé le',
    'backed up at': 'Sauvegardé le',
    finished: 'Terminée',
    warnings: 'Avertissements',
    'retain until': 'À garder jusqu’au',
    retained: 'Sous conservation',
  },
  descriptions: {
    'What of a project is backed up, when, where to and for how long, and when a restore is tried. Encrypted with a password that is the project’s, incremental and deduplicated.':
      'Ce qui, d’un projet, est sauvegardé, quand, où et pour combien de temps, et quand une restauration est essayée. Chiffré avec un mot de passe propre au projet, incrémental et dédupliqué.',
    'What is backed up. What is made later and matches is backed up from then on.':
      'Ce qui est sauvegardé. Ce qui est créé plus tard et correspond l’est dès lors aussi.',
    'Which buckets of the project. Empty: all of them. Left out: none.':
      'Quels compartiments du projet. Vide : tous. Sans valeur : aucun.',
    'Those that have all these labels.': 'Ceux qui portent toutes ces étiquettes.',
    'Those of these names. With matchLabels: of these, those with the labels.':
      'Ceux qui portent ces noms. Avec matchLabels : parmi eux, ceux qui ont les étiquettes.',
    'Which instances of the project. Empty: all of them. Left out: none.':
      'Quelles instances du projet. Vide : toutes. Sans valeur : aucune.',
    'Which volumes of the project. Empty: all of them. Left out: none.':
      'Quels volumes du projet. Vide : tous. Sans valeur : aucun.',
    'When a backup is made. Left out: only when somebody makes a Backup that names the plan.':
      'Quand une sauvegarde est faite. Sans valeur : seulement quand quelqu’un crée une sauvegarde qui nomme le plan.',
    'How often: in hours that divide a day, each day, or each week.':
      'À quelle fréquence : en heures qui divisent un jour, chaque jour, ou chaque semaine.',
    'At what time, in UTC, such as 02:30. With hours: at this time, and as often from there.':
      'À quelle heure, en UTC, par exemple 02:30. Avec des heures : à cette heure, puis à ce rythme à partir d’elle.',
    'On which day, with every: week. Left out: Monday.': 'Quel jour, avec every : week. Sans valeur : lundi.',
    'How long backups are kept. Each remembers its own time: a change counts for those that are made from then on.':
      'Combien de temps les sauvegardes sont gardées. Chacune retient sa propre durée : un changement vaut pour celles qui sont faites dès lors.',
    'For how many days each backup is kept.': 'Pendant combien de jours chaque sauvegarde est gardée.',
    'For how many the first one of each week (from Monday, UTC).':
      'Pendant combien de jours la première de chaque semaine (à partir du lundi, UTC).',
    'For how many the first one of each month.': 'Pendant combien de jours la première de chaque mois.',
    'For how many the first one of each year.': 'Pendant combien de jours la première de chaque année.',
    'How many of the newest stay, however old they are, for as long as the plan is there.':
      'Combien des plus récentes restent, quel que soit leur âge, aussi longtemps que le plan existe.',
    'Where the repository is.': 'Où se trouve le dépôt.',
    'A Bucket of the organization. This or s3.': 'Un compartiment de l’organisation. Ce champ ou s3.',
    'An S3 server elsewhere: the other site.': 'Un serveur S3 ailleurs : l’autre site.',
    'https://HOST:PORT of an S3 server. An Interconnection of the region must let it out there.':
      'https://HOST:PORT d’un serveur S3. Une interconnexion de la région doit laisser y sortir.',
    'What that server calls its region.': 'Comment ce serveur appelle sa région.',
    'A bucket there.': 'Un compartiment là-bas.',
    'A Secret of the project with the keys accessKeyId, secretAccessKey, and ca.crt: PEM of who signed the server’s certificate. Nobody else is believed.':
      'Un secret du projet avec les clés accessKeyId, secretAccessKey et ca.crt : le PEM de qui a signé le certificat du serveur. Personne d’autre n’est cru.',
    'Below what the repository is in the bucket. Plans with the same target, prefix and password share one, and what they save alike. Left out: <project>/<name of the plan>.':
      'Sous quoi se trouve le dépôt dans le compartiment. Les plans de mêmes cible, préfixe et mot de passe en partagent un, et ce qu’ils enregistrent à l’identique. Sans valeur : <projet>/<nom du plan>.',
    'The Secret of the project with the repository’s password, key password. Whoever has it and can read the target can read all of it: keep a copy where the region is not.':
      'Le secret du projet qui contient le mot de passe du dépôt, clé password. Qui l’a et peut lire la cible peut tout y lire : gardez-en une copie là où la région n’est pas.',
    'The service account of the project that acts: it needs a role that reads what is backed up, and writes to the target.':
      'Le compte de service du projet qui agit : il lui faut un rôle qui lit ce qui est sauvegardé et écrit vers la cible.',
    'When the newest backup is tried: its content is read back and held against what was saved, and the repository is checked.':
      'Quand la sauvegarde la plus récente est essayée : son contenu est relu et comparé à ce qui a été enregistré, et le dépôt est vérifié.',
    'How much of all data in the repository is read and checked each time, chosen by chance.':
      'Quelle part de toutes les données du dépôt est lue et vérifiée à chaque fois, choisie au hasard.',
    'True: nothing is made by schedule. What is there is kept, and removed in time.':
      'True : rien n’est fait selon la planification. Ce qui existe est gardé, et retiré à son échéance.',
    'The Secret with the repository’s password.': 'Le secret qui contient le mot de passe du dépôt.',
    'For when the last backup was made by schedule.':
      'Pour quand la dernière sauvegarde planifiée a été faite.',
    'When the next one is due.': 'Quand la prochaine est due.',
    'The last that ended.': 'La dernière qui s’est terminée.',
    'For when the last restore test was begun.': 'Pour quand le dernier essai de restauration a commencé.',
    'How the last restore test went. Each is a leaf of the ledger.':
      'Comment s’est passé le dernier essai de restauration. Chacun est une feuille du registre.',
    'Whether all of it was as it was saved.': 'Si tout était tel qu’enregistré.',
    'Which Backup was tried.': 'Quelle sauvegarde a été essayée.',
    'The Restore that tried it.': 'La restauration qui l’a essayée.',
    'What it is evidence for.': 'De quoi c’est la preuve.',
    'What was read, or what was wrong.': 'Ce qui a été lu, ou ce qui n’allait pas.',
    'When a backup was last removed.': 'Quand une sauvegarde a été retirée pour la dernière fois.',
    'When its room was last given back.': 'Quand sa place a été rendue pour la dernière fois.',
    'How the last one ended.': 'Comment la dernière s’est terminée.',
    'When it did.': 'Quand.',
    'How the last restore test went.': 'Comment s’est passé le dernier essai de restauration.',
    'Things of a backup made again, in place or by a new name; or, with test, read back and held against what was saved.':
      'Ce que contient une sauvegarde, recréé, sur place ou sous un nouveau nom ; ou, avec test, relu et comparé à ce qui a été enregistré.',
    'The Backup of the project that is restored. This or repository.':
      'La sauvegarde du projet qui est restaurée. Ce champ ou repository.',
    'A repository that is known by its place and password alone: of another region.':
      'Un dépôt connu par son seul emplacement et son mot de passe : celui d’une autre région.',
    'The project that was backed up. Left out: whichever the newest backup there is of.':
      'Le projet qui a été sauvegardé. Sans valeur : celui de la sauvegarde la plus récente.',
    'The newest backup that was finished by then. Left out: the newest.':
      'La plus récente des sauvegardes terminées à ce moment-là. Sans valeur : la plus récente.',
    'Who acts: with repository. Of a backup it is the one that made it, or this one.':
      'Qui agit : avec repository. Pour une sauvegarde, c’est celui qui l’a faite, ou celui-ci.',
    'What is restored. Left out: all of the backup, under the names it had.':
      'Ce qui est restauré. Sans valeur : toute la sauvegarde, sous les noms qu’avaient les éléments.',
    'What it was called.': 'Comment il s’appelait.',
    'What it is called from now on. Left out: as it was. There must be none of that name.':
      'Comment il s’appelle désormais. Sans valeur : comme avant. Il ne doit rien y avoir de ce nom.',
    'True: the one that is there becomes what it was, and all that came since is lost.':
      'True : ce qui existe redevient ce que c’était, et tout ce qui est venu depuis est perdu.',
    'True: nothing is made; all is read back and held against what was saved.':
      'True : rien n’est créé ; tout est relu et comparé à ce qui a été enregistré.',
    'With test: how much of all data in the repository is checked as well.':
      'Avec test : quelle part de toutes les données du dépôt est vérifiée en plus.',
    'How often it was begun.': 'Combien de fois elle a été commencée.',
    'When it is tried again.': 'Quand un nouvel essai aura lieu.',
    'Id of the snapshot in the repository that says what there is.':
      'Identifiant de l’instantané du dépôt qui dit ce qu’il contient.',
    'When what is restored was saved.': 'Quand a été enregistré ce qui est restauré.',
    'What a test is evidence for.': 'De quoi un essai est la preuve.',
    'How each one went.': 'Comment chacun s’est passé.',
    'What it is called now.': 'Comment il s’appelle maintenant.',
    'How much was read.': 'Combien a été lu.',
    'Why not.': 'Pourquoi pas.',
    'Which Backup.': 'Quelle sauvegarde.',
    'Whether it only tries.': 'S’il ne s’agit que d’un essai.',
    'How many of how many.': 'Combien sur combien.',
    'One run of a BackupPlan: made by its schedule, or by hand to run it now. Deleting it inside its retention takes two people, and removes it from the repository.':
      'Une exécution d’un plan de sauvegarde : faite selon sa planification, ou à la main pour l’exécuter maintenant. La supprimer avant la fin de sa conservation requiert deux personnes, et la retire du dépôt.',
    'The BackupPlan of the project that is run.': 'Le plan de sauvegarde du projet qui est exécuté.',
    'How far it is. Incomplete: some items could not be saved; the others can be restored.':
      'Où elle en est. Incomplete : certains éléments n’ont pas pu être enregistrés ; les autres peuvent être restaurés.',
    'Where it lies.': 'Où elle se trouve.',
    'What was selected when it began.': 'Ce qui était sélectionné au début.',
    'Id of the snapshot in the repository.': 'Identifiant de l’instantané dans le dépôt.',
    'What it is as a tar.': 'Sa taille en tar.',
    'What the repository grew by: the rest was there already.':
      'De combien le dépôt a grandi : le reste s’y trouvait déjà.',
    'Digest of that tar, which a restore is held against.':
      'Empreinte de ce tar, à laquelle une restauration est comparée.',
    'Why it was not saved.': 'Pourquoi il n’a pas été enregistré.',
    'What of it could not be saved.': 'Ce qui, de lui, n’a pas pu être enregistré.',
    'All items together.': 'Tous les éléments ensemble.',
    'What the repository grew by.': 'De combien le dépôt a grandi.',
    'Id of the snapshot that says all this in the repository itself.':
      'Identifiant de l’instantané qui dit tout cela dans le dépôt lui-même.',
    'Until then two people delete it; after that it goes by itself.':
      'Jusque-là il faut deux personnes pour la supprimer ; ensuite elle disparaît d’elle-même.',
    'Whether it is inside its retention.': 'Si elle est encore dans sa durée de conservation.',
    'Of which plan.': 'De quel plan.',
    'How many things.': 'Combien d’éléments.',
    'All together.': 'Tous ensemble.',
    'How long it is kept.': 'Jusqu’à quand elle est gardée.',
  },
  values: {
    '1h': 'Toutes les heures',
    '2h': 'Toutes les 2 heures',
    '3h': 'Toutes les 3 heures',
    '4h': 'Toutes les 4 heures',
    '6h': 'Toutes les 6 heures',
    '8h': 'Toutes les 8 heures',
    '12h': 'Toutes les 12 heures',
    day: 'Chaque jour',
    week: 'Chaque semaine',
    Monday: 'Lundi',
    Tuesday: 'Mardi',
    Wednesday: 'Mercredi',
    Thursday: 'Jeudi',
    Friday: 'Vendredi',
    Saturday: 'Samedi',
    Sunday: 'Dimanche',
    buckets: 'Compartiments',
    instances: 'Instances',
    volumes: 'Volumes',
    Succeeded: 'Réussi',
    Restored: 'Restauré',
    Tested: 'Vérifié',
    Saved: 'Enregistré',
  },
};
