Feature: What comes twice or late changes nothing twice
  Responses are sometimes delivered twice by the network, or late, and users ask again. Once a meter is restored,
  none of that changes its status any more, and the user gets one response to each request.

  @MP105-10
  Scenario Outline: A meter's response that arrives twice restores it once
    Given a <meter> that was <before> when its firmware was removed from the CPL
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> answers the next SR11.2 twice
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as <before> with that firmware
    And the inventory still shows the <meter> as <before>
    And the request brings one response and no more

    Examples:
      | id       | meter | before                   |
      | esme     | ESME  | Commissioned             |
      | esme-inc | ESME  | InstalledNotCommissioned |
      | gsme     | GSME  | Commissioned             |
      | gsme-inc | GSME  | InstalledNotCommissioned |

  @MP105-10
  Scenario Outline: A meter that was restored stays as it is when it is asked again
    Given a <meter> that was <before> when its firmware was removed from the CPL
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> has been restored by SR11.2 Read Firmware Version
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory still shows the <meter> as <before>
    And the request brings one response and no more

    Examples:
      | id       | meter | before                   |
      | esme     | ESME  | Commissioned             |
      | esme-inc | ESME  | InstalledNotCommissioned |
      | gsme     | GSME  | Commissioned             |
      | gsme-inc | GSME  | InstalledNotCommissioned |

  @MP105-10
  Scenario Outline: The response to an activation that arrives after the meter was restored changes nothing
    Given a <meter> that was <before> when its firmware was removed from the CPL
    And the supplier has sent new firmware, listed as Active, to the <meter>
    And the <meter> has activated the new firmware, but its response is late
    And the <meter> has been restored by SR11.2 Read Firmware Version
    When the late response of the <meter> arrives
    Then the inventory record of the <meter> is unchanged

    Examples:
      | id       | meter | before                   |
      | esme     | ESME  | Commissioned             |
      | esme-inc | ESME  | InstalledNotCommissioned |
      | gsme     | GSME  | Commissioned             |
      | gsme-inc | GSME  | InstalledNotCommissioned |

  @MP105-11
  Scenario Outline: A re-sent activation that finds the new firmware running restores the meter
    Given a <meter> that was <before> when its firmware was removed from the CPL
    And the supplier has sent new firmware, listed as Active, to the <meter>
    And the <meter> has activated the new firmware, but its response was lost
    When the supplier sends SR11.3 Activate Firmware to the <meter>
    Then the request is accepted
    And the response shows no success, but the new firmware
    And the inventory shows the <meter> as <before> with that firmware

    Examples:
      | id       | meter | before                   |
      | esme-com | ESME  | Commissioned             |
      | esme-inc | ESME  | InstalledNotCommissioned |
      | gsme-com | GSME  | Commissioned             |
      | gsme-inc | GSME  | InstalledNotCommissioned |

  @MP105-11
  Scenario Outline: A failed activation that finds the old firmware running restores nothing
    Given a Suspended <meter>
    And the supplier has sent new firmware, listed as Active, to the <meter>
    And the <meter> answers the next SR11.3 with an error
    When the supplier sends SR11.3 Activate Firmware to the <meter>
    Then the request is accepted
    And the response shows no success, but the old firmware
    And the inventory still shows the <meter> as Suspended

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
