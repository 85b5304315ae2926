Feature: A firmware update brings a Suspended meter back
  The way out that existed before MP105: new firmware is sent with SR11.1 and activated with SR11.3, and the
  success response puts the inventory right.

  Background:
    Given an import supplier
    And a gas supplier

  @BASE-03
  Scenario Outline: New firmware can be sent to a Suspended meter
    Given a Suspended <meter>
    And new firmware that the CPL lists as Active for the model of the <meter>
    When the supplier sends SR11.1 Update Firmware to the <meter>
    Then the request is accepted for the <meter>

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @BASE-03
  Scenario Outline: New firmware can be sent to a Suspended meter together with one that is not
    Given a Suspended <meter>
    And a Commissioned <meter> of the same model with other firmware, called the "companion"
    And new firmware that the CPL lists as Active for the model of the <meter>
    When the supplier sends SR11.1 Update Firmware to the <first> and the <second>
    Then the request is accepted for the <meter>
    And the request is accepted for the "companion"
    When SR11.3 Activate Firmware to the <meter> is accepted and answered
    Then the response shows that the new firmware is active
    When SR11.3 Activate Firmware to the "companion" is accepted and answered
    Then the response shows that the new firmware is active

    Examples:
      | id   | meter | first       | second      |
      | esme | ESME  | ESME        | "companion" |
      | gsme | GSME  | "companion" | GSME        |

  @BASE-06
  Scenario Outline: A successful activation restores the status before suspension
    Given <a meter> that was <before> when its firmware was removed from the CPL
    And the supplier has sent new firmware, listed as Active, to the <meter>
    When the supplier sends SR11.3 Activate Firmware to the <meter>
    Then the request is accepted
    And the response shows that the new firmware is active
    And the inventory shows the <meter> as <before> with that firmware

    Examples:
      | id       | a meter | meter | before                   |
      | esme-com | an ESME | ESME  | Commissioned             |
      | esme-inc | an ESME | ESME  | InstalledNotCommissioned |
      | gsme-com | a GSME  | GSME  | Commissioned             |
      | gsme-inc | a GSME  | GSME  | InstalledNotCommissioned |

  @BASE-06
  Scenario Outline: A successful activation at a later time restores the status before suspension
    Given <a meter> that was <before> when its firmware was removed from the CPL
    And the supplier has sent new firmware, listed as Active, to the <meter>
    When the supplier sends SR11.3 Activate Firmware to the <meter> to be carried out a moment later
    Then the request is accepted
    And the alert shows that the new firmware is active
    And the inventory shows the <meter> as <before> with that firmware

    Examples:
      | id       | a meter | meter | before                   |
      | esme-com | an ESME | ESME  | Commissioned             |
      | gsme-inc | a GSME  | GSME  | InstalledNotCommissioned |

  @BASE-06
  Scenario Outline: A successful activation of firmware that is no longer listed restores nothing
    Given a Suspended <meter>
    And the supplier has sent new firmware, listed as Active, to the <meter>
    And the new firmware of the <meter> has since been removed from the CPL
    When the supplier sends SR11.3 Activate Firmware to the <meter>
    Then the request is accepted
    And the response shows that the new firmware is active
    And the inventory shows the <meter> as Suspended with that firmware

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
