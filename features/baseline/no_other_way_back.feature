Feature: Nothing else that a Suspended meter may be sent brings it back
  A Suspended meter may be sent critical requests, credentials for a change of supplier and new firmware, a SMETS1 meter
  also a top-up for local delivery, and its inventory record may be read. Whatever it answers to those, it stays
  Suspended and barred from ordinary requests: only the firmware that it runs brings it back.

  @BASE-08
  Scenario Outline: A meter that was sent critical requests is still Suspended and still barred
    Given a Suspended <meter>
    And the <meter> is barred from SR4.1.1
    When SR<requests> are sent to the <meter>, which is looked at after each
    Then the <meter> is still Suspended and still barred every time

    Examples:
      | id                 | meter | requests                                                           |
      | esme-prices        | ESME  | 1.1.1, 1.1.2, 1.2.1, 1.2.2                                         |
      | esme-payment       | ESME  | 1.5, 1.6, 1.7, 2.1, 2.3, 2.5                                       |
      | esme-configuration | ESME  | 6.4.1, 6.8, 6.11, 6.14.1, 6.14.2, 6.14.3, 6.17, 6.24.2, 6.25, 6.26 |
      | esme-supply        | ESME  | 7.1, 7.2, 7.3, 7.5, 7.6, 7.8, 7.12, 7.13, 7.16                     |
      | esme-joining       | ESME  | 8.7.1, 8.8.1                                                       |
      | esme-credentials   | ESME  | 6.15.2, 6.15.1                                                     |
      | gsme-prices        | GSME  | 1.1.1, 1.2.1                                                       |
      | gsme-payment       | GSME  | 1.5, 1.6, 2.1, 2.3, 2.5                                            |
      | gsme-configuration | GSME  | 6.6, 6.7, 6.8, 6.11, 6.17, 6.24.2                                  |
      | gsme-supply        | GSME  | 7.2, 7.3                                                           |
      | gsme-joining       | GSME  | 8.7.1, 8.8.1                                                       |
      | gsme-credentials   | GSME  | 6.15.2, 6.15.1                                                     |

  @BASE-08
  Scenario Outline: A meter that got new credentials for a change of supplier is still Suspended and still barred
    Given a Suspended <meter>
    And the <meter> is barred from SR4.1.1
    When SR6.23 is sent to the <meter>, which is looked at afterwards
    Then the <meter> is still Suspended and still barred

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-08
  Scenario Outline: A meter that was sent new firmware, and not told to activate it, is still Suspended and still barred
    Given a Suspended <meter>
    And the <meter> is barred from SR4.1.1
    And new firmware that the CPL lists as Active for the model of the <meter>
    When SR11.1 is sent to the <meter>, which is looked at afterwards
    Then the <meter> is still Suspended and still barred

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-08
  Scenario Outline: A meter about which the inventory was read is still Suspended and still barred
    Given a <meter> whose firmware was removed from the CPL
    And the <meter> is barred from SR4.1.1
    When SR8.2 is sent to the <meter>, which is looked at afterwards
    Then the <meter> is still Suspended and still barred

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-08
  Scenario Outline: A SMETS1 meter for which a top-up was returned is still Suspended and still barred
    Given a DSP that serves SMETS1 meters
    And a Suspended SMETS1 <meter>
    And the <meter> is barred from SR4.1.1
    When SR2.2 is sent to the <meter> for local delivery, which is looked at afterwards
    Then the <meter> is still Suspended and still barred

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @observed
  Scenario Outline: A Suspended meter can be sent the request to commission it
    Given a Suspended <meter>
    When a user who may send it sends SR8.1.1 to the <meter>
    Then the request is accepted
    And what it does to the record of the <meter> is noted

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
