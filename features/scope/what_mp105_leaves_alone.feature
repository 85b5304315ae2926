Feature: MP105 opens one door only
  SR11.2 Read Firmware Version gets through to Suspended electricity and gas meters. Nothing else changes: not for
  other types of Device, not for other statuses, not for the other checks that a request has to pass, and not for
  other Devices. Every refused request has a twin that is accepted and differs from it in one thing.

  @SCOPE-03
  Scenario Outline: A Suspended Device that is no meter is still not read
    Given a Suspended <device> and a twin that is a Suspended ESME
    When a user who may send it sends SR11.2 to both
    Then the request to the twin is accepted
    And the request to the Suspended <device> is rejected for its device status or its type
    And nothing of the rejected request reached the <device>

    Examples:
      | id     | device |
      | ppmid  | PPMID  |
      | hcalcs | HCALCS |

  @SCOPE-04
  Scenario Outline: A meter that left service is still not read
    Given a <status> <meter> and a twin that is Commissioned
    When a user who may send it sends SR11.2 to both
    Then the request to the twin is accepted
    And the request to the <meter> is rejected
    And nothing of the rejected request reached the <meter>

    Examples:
      | id                  | status         | meter |
      | esme-decommissioned | Decommissioned | ESME  |
      | esme-withdrawn      | Withdrawn      | ESME  |
      | gsme-decommissioned | Decommissioned | GSME  |
      | gsme-withdrawn      | Withdrawn      | GSME  |

  @SCOPE-04
  Scenario Outline: A meter that is in service can still be read
    Given a Commissioned <meter>
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-05
  Scenario Outline: The other checks still apply to a Suspended meter
    Given a Suspended <meter> that its supplier may read, as a twin shows
    When SR11.2 Read Firmware Version is sent <wrongly>
    Then the request is rejected because <reason>
    And the rejected request leaves no trace

    Examples:
      | id                   | meter | wrongly                               | reason                                       |
      | esme-user            | ESME  | by an unknown user                    | the user is unknown                          |
      | esme-entitlement     | ESME  | by a user not entitled to the meter   | the user is not entitled to the Device       |
      | esme-device-type     | ESME  | to an IHD                             | the request is not for that type of Device   |
      | esme-command-variant | ESME  | with a Command Variant it cannot have | the request cannot have that Command Variant |
      | esme-service         | ESME  | to another service of the DSP         | the request belongs to another service       |
      | esme-device          | ESME  | to a Device that does not exist       | the Device does not exist                    |
      | gsme-user            | GSME  | by an unknown user                    | the user is unknown                          |
      | gsme-entitlement     | GSME  | by a user not entitled to the meter   | the user is not entitled to the Device       |
      | gsme-device-type     | GSME  | to an IHD                             | the request is not for that type of Device   |
      | gsme-command-variant | GSME  | with a Command Variant it cannot have | the request cannot have that Command Variant |
      | gsme-service         | GSME  | to another service of the DSP         | the request belongs to another service       |
      | gsme-device          | GSME  | to a Device that does not exist       | the Device does not exist                    |

  @SCOPE-05
  Scenario Outline: A user not entitled to a Suspended meter still cannot have it activate firmware
    Given a Suspended <meter> that its supplier may update, as a twin shows
    When SR11.3 Activate Firmware is sent by another supplier
    Then the request is rejected because the user is not entitled to the Device
    And the rejected request leaves no trace

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-05
  Scenario Outline: A user of another role still cannot have a Suspended meter activate firmware
    Given a Suspended <meter> that its supplier may update, as a twin shows, and every user may read
    When SR11.3 Activate Firmware is sent by an other user
    Then the request is rejected because the role may not send it
    And the rejected request leaves no trace

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-06
  Scenario Outline: Restoring one meter leaves every other one as it was
    Given two Suspended <meter>s of one model, the second called the "neighbour"
    And a Suspended <other> called the "stranger"
    And a Commissioned <meter> of the same model with other firmware, called the "colleague"
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the "neighbour" runs the same firmware as the <meter>
    When SR11.2 Read Firmware Version restores the <meter>
    Then the inventory record of the "neighbour" is unchanged
    And the inventory record of the "stranger" is unchanged
    And the inventory record of the "colleague" is unchanged

    Examples:
      | id   | meter | other |
      | esme | ESME  | GSME  |
      | gsme | GSME  | ESME  |

  @SCOPE-06
  Scenario Outline: Restoring one meter opens no other one
    Given two Suspended <meter>s of one model, the second called the "neighbour"
    And the "neighbour" is barred from SR4.1.1
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the "neighbour" runs the same firmware as the <meter>
    When SR11.2 Read Firmware Version restores the <meter>
    Then the "neighbour" is still barred from SR4.1.1

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @SCOPE-06
  Scenario Outline: Updating one meter leaves every other one as it was
    Given two Suspended <meter>s of one model, the second called the "neighbour"
    And a Commissioned <meter> of the same model with other firmware, called the "colleague"
    And the supplier has sent new firmware, listed as Active, to the <meter>
    When the supplier sends SR11.3 Activate Firmware to the <meter>
    Then the request is accepted
    And the response shows that the new firmware is active
    And the inventory shows the <meter> as Commissioned
    And the inventory record of the "neighbour" is unchanged
    And the inventory record of the "colleague" is unchanged

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
